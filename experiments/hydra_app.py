"""What the programs share: typed configuration groups from the registries, and one clear line for a mistake on the command line."""

from __future__ import annotations

import dataclasses
import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import hydra
from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from agents.training.agent import AGENTS, Agent
from experiments.reading import prepare
from vmenv.episodes.scenario import list_scenarios, make_scenario, scenario_class
from vmenv.errors import SpecError, VmenvError, suggestion

CONF = str(Path(__file__).parent.parent / "conf")


class Group(NamedTuple):
    """A group of Hydra's configuration: typed nodes by name."""

    names: Callable[[], list[str]]
    class_of: Callable[[str], Any]


def _scenarios() -> list[str]:
    return [name for name in list_scenarios() if not scenario_class(name).from_python_only]


GROUPS = {"scenario": Group(_scenarios, scenario_class), "agent": Group(AGENTS.names, AGENTS.__getitem__)}


def store_groups() -> None:
    """Enters every scenario and agent into Hydra's ConfigStore, as groups of typed nodes."""
    for group in GROUPS:
        for name in choices(group):
            store_node(group, name)


def store_node(group: str, name: str) -> None:
    """Enters one of a group into Hydra's ConfigStore; its name may be "my_module:MyScenario"."""
    node = OmegaConf.structured(GROUPS[group].class_of(name))
    OmegaConf.set_readonly(node, False)  # OmegaConf takes over that the dataclass is frozen
    for key in node:
        if OmegaConf.is_dict(node._get_node(key)):
            OmegaConf.set_struct(node[key], False)  # what a dictionary of parameters holds is the user's business
    ConfigStore.instance().store(group=group, name=name, node=node)


def choices(group: str) -> list[str]:
    """Returns the names of a group."""
    return GROUPS[group].names()


def build_scenario(config: DictConfig, name: str) -> Any:
    """Returns the scenario of a composed configuration, ready to be played."""
    scenario = make_scenario(name, **_plain(config.scenario))
    prepare(scenario)
    return scenario


def build_agent(config: DictConfig, name: str) -> Agent:
    """Returns the agent of a composed configuration."""
    return AGENTS[name](**_plain(config.agent))


def check_flag(name: str, value: Any) -> bool:
    """Returns a setting that is true or false.

    Raises:
        SpecError: It is neither.
    """
    if not isinstance(value, bool):
        raise SpecError(f"{name} is {value!r}: give true or false")
    return value


def names_in(name: str, value: Any) -> list[str]:
    """Returns a setting that is a list of names, or one alone.

    Raises:
        SpecError: It is neither.
    """
    names: list[Any] = [value] if isinstance(value, str) else list(value) if isinstance(value, ListConfig) else [None]
    if not all(isinstance(one, str) and one for one in names):
        raise SpecError(f"{name} is {value!s}: give names, as in {name}=[first,second]")
    return names


def make_folder(name: str, value: Any) -> Path:
    """Returns a folder that is written to when all is done; that it can be is found out now.

    Raises:
        SpecError: It cannot be made, or not be written to.
    """
    folder = Path(str(value))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise SpecError(f"{name} is {str(value)!r}, {error.strerror}: give a folder that can be written to") from error
    return folder


def _plain(node: DictConfig) -> dict[str, Any]:
    values = OmegaConf.to_container(node, resolve=True)
    return {str(key): value for key, value in values.items()} if isinstance(values, dict) else {}


def find_mistake(config_name: str, overrides: list[str]) -> str | None:
    """Returns one line that says what is wrong with the overrides of a command line, None if nothing is."""
    parser = OverridesParser.create()
    try:
        parsed = parser.parse_overrides([o for o in overrides if not o.startswith("-")])
    except HydraException as error:
        return _first_line(error)
    plain: list[str] = []
    for override in parsed:
        key = override.key_or_group
        values = list(override.sweep_string_iterator()) if override.is_sweep_override() else [override.get_value_element_as_str()]
        if key in GROUPS:
            for value in (value.replace("\\:", ":") for value in values):  # Hydra escapes it
                if ":" in value:
                    try:
                        store_node(key, value)
                    except VmenvError as error:
                        return str(error)
                elif value not in choices(key):
                    return f"unknown {key} {value!r}: {suggestion(value, choices(key))}"
        if not key.startswith("hydra"):
            plain.append(f"{key}={values[0]}" if override.is_sweep_override() else str(override.input_line))
    with initialize_config_dir(CONF, version_base="1.3"):
        chosen = [o for o in plain if o.split("=")[0] in GROUPS]
        try:
            known = _keys(compose(config_name, overrides=chosen))
            for override in parsed:
                key = override.key_or_group
                if key not in GROUPS and not key.startswith("hydra") and key not in known and not override.is_add():
                    return f"unknown key {key!r}: {suggestion(key, known)}"
            compose(config_name, overrides=plain)
        except (HydraException, OmegaConfBaseException) as error:
            return _first_line(error.__cause__ or error)
    return None


def _keys(config: DictConfig, prefix: str = "") -> list[str]:
    keys: list[str] = []
    for key in map(str, config):
        nested = OmegaConf.is_dict(config._get_node(key))
        keys += [f"{prefix}{key}"] + (_keys(config[key], f"{prefix}{key}.") if nested else [])
    return keys


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def run(main: Callable[[DictConfig], None], config_name: str) -> None:
    """Runs a program: checks the command line, composes the configuration, and ends with one line for every mistake of the user."""
    store_groups()
    overrides = [argument for argument in sys.argv[1:] if "=" in argument and not argument.startswith("--")]
    mistake = find_mistake(config_name, overrides)
    if mistake is not None:
        sys.exit(f"error: {mistake}")

    def guarded(config: DictConfig) -> None:
        try:
            main(config)
        except VmenvError as error:
            sys.exit(f"error: {error}")

    hydra.main(config_path=CONF, config_name=config_name, version_base="1.3")(guarded)()


def describe(item: Any, name: str) -> dict[str, Any]:
    """Returns name and parameters as plain values: a saved configuration alone would lose which class they belong to."""
    return {"kind": name, **dataclasses.asdict(item)}
