"""What a kind of decision is: all that environments, evaluation, training and the leaderboard ask of one.

A kind is a folder of vmenv with a file `kind.py`, which registers one `Kind`. It names its parts as "module:name", so that a kind is known
before any of it is loaded. One from outside registers itself likewise, and `VMENV_PLUGINS` may name the modules that do so, separated by
commas.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium

from vmenv.registry import Registry, load

PLUGINS = "VMENV_PLUGINS"


class Column(NamedTuple):
    """A metric as a column of a leaderboard, beside the objective.

    Attributes:
        label: The heading, with the unit.
        metric: Its name.
        scale: What its values are multiplied with.
        digits: Behind the point.
    """

    label: str
    metric: str
    scale: float = 1.0
    digits: int = 2


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of decision.

    Attributes:
        name: Of the kind.
        summary: What is decided.
        scenario_registry: "module:NAME" of the `Registry` of its scenarios.
        scheduler_registry: The same of its heuristics.
        metric_registry: The same of its metrics.
        episodes_class: The batch, a subclass of `vmenv.episodes.batch.Episodes`.
        player: A function (policy, scenario, seeds) that returns a run for each seed, with `metrics()`, `digest()` and `num_decisions`.
        env: The Gymnasium environment.
        vector_env: The same in a batch.
        scenario_package: Where one file is one scenario; empty: they are registered from elsewhere.
        scenario_prefix: What the names of its scenarios begin with.
        id_prefix: What stands for that in the names of its Gymnasium environments.
        default_scenario: What its environments play if they are not told.
        references: Heuristics that a learning curve is shown beside.
        rivals: Heuristics that everybody on a leaderboard is compared with.
        columns: What a leaderboard shows beside the objective.
        variants: Heuristics with other parameters than their defaults that take part in a leaderboard: label -> name and parameters.
        loaders: For each kind of saved policy "module:name" of the function (card, stem) that loads it. Learners add theirs.
        play_batch: Episodes that are played side by side in an evaluation.
    """

    name: str
    summary: str
    scenario_registry: str
    scheduler_registry: str
    metric_registry: str
    episodes_class: str
    player: str = "vmenv.episodes.play:play"
    env: str = "vmenv.episodes.env:EpisodesEnv"
    vector_env: str = "vmenv.episodes.vector:EpisodesVectorEnv"
    scenario_package: str = ""
    scenario_prefix: str = ""
    id_prefix: str = ""
    default_scenario: str
    references: Sequence[str] = ()
    rivals: Sequence[str] = ()
    columns: Sequence[Column] = ()
    variants: Mapping[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    loaders: dict[str, str] = field(default_factory=dict)
    play_batch: int = 256

    @property
    def scenarios(self) -> Registry[Any]:
        """Its scenarios."""
        return _registry(self.scenario_registry)

    @property
    def schedulers(self) -> Registry[Any]:
        """Its heuristics."""
        return _registry(self.scheduler_registry)

    @property
    def metrics(self) -> Registry[Any]:
        """Its metrics: functions of a run that return a float."""
        return _registry(self.metric_registry)

    @property
    def episodes(self) -> type[Any]:
        """The class of its batches, a subclass of `vmenv.episodes.batch.Episodes`."""
        found: type[Any] = load(self.episodes_class)
        return found

    def play(self, policy: Any, scenario: Any, seeds: Sequence[int]) -> list[Any]:
        """Returns the runs of a policy of this kind on the episodes with these seeds, played side by side.

        Raises:
            SpecError: It is no policy of this kind.
        """
        runs: list[Any] = load(self.player)(policy, scenario, seeds)
        return runs

    def env_id(self, scenario: str) -> str:
        """Returns the name of the Gymnasium environment of a scenario."""
        return f"vmenv/{self.id_prefix}{scenario.removeprefix(self.scenario_prefix).capitalize()}-v0"

    def add_environment(self, scenario: str) -> None:
        """Registers the Gymnasium environment of a scenario, by strings: nothing is loaded."""
        name = self.env_id(scenario)
        if name not in gymnasium.registry:
            gymnasium.register(id=name, entry_point=self.env, vector_entry_point=self.vector_env, kwargs={"scenario": scenario})

    def scenario_files(self) -> list[str]:
        """Returns the names of the scenarios that are files of its package, without loading any."""
        if not self.scenario_package:
            return []
        top, *rest = self.scenario_package.split(".")
        folder = Path(importlib.import_module(top).__path__[0], *rest)
        return [f"{self.scenario_prefix}{found.name}" for found in pkgutil.iter_modules([str(folder)]) if not found.name.startswith("_")]


class _Kinds(Registry[Kind]):
    """Every folder of vmenv with a file `kind.py`, and what the modules in VMENV_PLUGINS register."""

    def _discover(self) -> None:
        if self._discovered:
            return
        self._discovered = True
        package = importlib.import_module("vmenv")
        for found in pkgutil.iter_modules(package.__path__):
            if found.ispkg and Path(package.__path__[0], found.name, "kind.py").is_file():
                importlib.import_module(f"vmenv.{found.name}.kind")
        for plugin in filter(None, os.environ.get(PLUGINS, "").split(",")):
            importlib.import_module(plugin.strip())


KINDS = _Kinds("kind of decision")


def add_kind(kind: Kind) -> Kind:
    """Makes a kind known, and returns it.

    Raises:
        SpecError: Another has its name.
    """
    return KINDS.register(kind.name)(kind)


def kinds(name: str | None = None) -> list[Kind]:
    """Returns the kind of this name, or all of them."""
    return [KINDS[given] for given in ([name] if name is not None else KINDS.names())]


def _registry(path: str) -> Registry[Any]:
    found: Registry[Any] = load(path)
    return found
