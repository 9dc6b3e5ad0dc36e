"""What is wrong with the overrides of a command line, told in one line before anything is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from experiments.hydra_app import CONF, GROUPS, choices, store_node
from vmenv.errors import SpecError, VmenvError, suggestion

Check = Callable[[DictConfig, Mapping[str, str]], object]


def find_mistake(config_name: str, overrides: Sequence[str], sweeps: bool = False, check: Check | None = None) -> str | None:
    """Returns one line that says what is wrong with the overrides of a command line, None if nothing is.

    Args:
        config_name: Of the configuration in `conf`.
        overrides: As they were given.
        sweeps: Whether several values of one key are wanted, by --multirun.
        check: Raises a VmenvError if the program could not run with a configuration and these names of groups.
    """
    try:
        parsed = [override for override in _parsed(overrides) if not override.key_or_group.startswith("hydra")]
        for override in parsed:
            _check_alone(override, sweeps)
        with initialize_config_dir(CONF, version_base="1.3"):
            _check_keys(config_name, parsed)
            for one in _each_value(parsed):
                composed = compose(config_name, overrides=one, return_hydra_config=True)
                names: Mapping[str, str] = composed.hydra.runtime.choices
                OmegaConf.set_struct(composed, False)
                del composed.hydra
                _check_values(composed)
                if check is not None:
                    check(composed, names)
    except VmenvError as error:
        return str(error)
    except (HydraException, OmegaConfBaseException) as error:
        return _first_line(error.__cause__ or error)
    return None


def _parsed(overrides: Sequence[str]) -> list[Override]:
    parser, parsed = OverridesParser.create(), []
    for override in overrides:
        try:
            parsed.append(parser.parse_override(override))
        except HydraException as error:
            raise SpecError(f"{override} cannot be read ({_first_line(error)}): put quotes around what is no number or name") from error
    return parsed


def _check_alone(override: Override, sweeps: bool) -> None:
    """Checks an override that needs no configuration to be wrong, and makes classes of the user known."""
    key = override.key_or_group
    if override.is_delete():
        raise SpecError(f"{override.input_line} takes away what the program needs: give {key}=... with another value")
    if override.is_sweep_override() and not sweeps:
        raise SpecError(f"{override.input_line} is several values of {key}: add --multirun for a run with each, or give one")
    if key in GROUPS:
        for value in (value.replace("\\:", ":") for value in _values(override)):  # Hydra escapes it
            if ":" in value:
                store_node(key, value)
            elif value not in choices(key):
                raise SpecError(f"unknown {key} {value!r}: {suggestion(value, choices(key))}")


def _check_keys(config_name: str, parsed: list[Override]) -> None:
    """Checks that there is what the overrides give values to; "+" adds to a parameter that is a dictionary, and to nothing else."""
    groups = [f"{override.key_or_group}={_values(override)[0]}" for override in parsed if override.key_or_group in GROUPS]
    config = compose(config_name, overrides=groups)
    known = dict(_keys(config))
    dictionaries = [f"{key}." for key, node in known.items() if OmegaConf.is_dict(node) and key not in GROUPS]
    for override in parsed:
        key = override.key_or_group
        if key not in GROUPS and key not in known and not key.startswith(tuple(dictionaries)):
            raise SpecError(f"unknown key {key!r}: {suggestion(key, known)}")


def _check_values(config: DictConfig) -> None:
    """Checks that every value is there, and that what it refers to is; the names of folders refer to what Hydra says later."""
    for name, node in _keys(config):
        if node._value() == "???":
            raise SpecError(f"{name} is ???, which stands for a value that must be given: give one")
    for key, node in _keys(config):
        if OmegaConf.is_config(node):
            OmegaConf.to_container(node, resolve=True)
        elif "${hydra:" not in str(node._value()):
            OmegaConf.select(config, key)


def _each_value(parsed: list[Override]) -> Iterator[list[str]]:
    """Yields overrides without sweeps in which each value of each sweep comes at least once."""
    values = [_values(override) for override in parsed]
    for k in range(max(map(len, values), default=1)):
        yield [
            f"{override.key_or_group}={of_it[min(k, len(of_it) - 1)]}" if override.is_sweep_override() else str(override.input_line)
            for override, of_it in zip(parsed, values, strict=True)
        ]


def _values(override: Override) -> list[str]:
    return list(override.sweep_string_iterator()) if override.is_sweep_override() else [override.get_value_element_as_str()]


def _keys(config: DictConfig, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key in map(str, config):
        node = config._get_node(key)
        yield f"{prefix}{key}", node
        if OmegaConf.is_dict(node):
            yield from _keys(config[key], f"{prefix}{key}.")


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
