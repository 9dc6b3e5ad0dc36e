"""What the programs share: typed configuration groups from the registries, and one clear line for a mistake on the command line."""

from __future__ import annotations

import dataclasses
import errno
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import hydra
from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, ListConfig, OmegaConf

from agents.training.agent import AGENTS, Agent
from experiments.reading import prepare
from vmenv.episodes.scenario import list_scenarios, make_scenario, scenario_class
from vmenv.errors import SpecError, VmenvError

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


def run(main: Callable[[DictConfig], None], config_name: str, check: Callable[[DictConfig, Mapping[str, str]], object]) -> None:
    """Runs a program: checks the command line, composes the configuration, and ends with one line for every mistake of the user.

    Args:
        main: The program, which takes the composed configuration.
        config_name: Of its file in `conf`.
        check: Raises a VmenvError if it could not run with a configuration and these names of scenario and agent; before a sweep it is
            asked about every value.
    """
    from experiments.overrides import find_mistake

    store_groups()
    overrides = [argument for argument in sys.argv[1:] if ("=" in argument and not argument.startswith("--")) or argument.startswith("~")]
    sweeps = bool({"--multirun", "-m"} & set(sys.argv[1:]))
    mistake = find_mistake(config_name, overrides, sweeps, check)
    if mistake is not None:
        sys.exit(f"error: {mistake}")

    def guarded(config: DictConfig) -> None:
        try:
            main(config)
        except VmenvError as error:
            sys.exit(f"error: {error}")
        except KeyboardInterrupt:
            print("\ninterrupted", file=sys.stderr, flush=True)
            sys.exit(130)

    hydra.main(config_path=CONF, config_name=config_name, version_base="1.3")(guarded)()


def describe(item: Any, name: str) -> dict[str, Any]:
    """Returns name and parameters as plain values: a saved configuration alone would lose which class they belong to."""
    return {"kind": name, **dataclasses.asdict(item)}
