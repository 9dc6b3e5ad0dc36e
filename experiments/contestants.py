"""Who takes part in a leaderboard: all schedulers, the policies that come with vmenv, and what training runs left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from omegaconf import DictConfig
from rich.console import Console

from agents.dispatch.nn.policy import information_of, load_trained
from agents.training.checkpoint import BEST, LAST
from agents.training.curve import mean_cost
from vmenv.dispatch.index.policy import IndexPolicy
from vmenv.dispatch.policy import Policy
from vmenv.dispatch.saved import list_policies, read_card, stem_of
from vmenv.dispatch.scenario import VALIDATION_SEEDS, Scenario
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler, make_scheduler
from vmenv.errors import VmenvError

NUM_VALIDATION = 50
VARIANTS = {  # beside every scheduler with its defaults
    "tsp aging": make_scheduler("tsp", aging_per_s=1.0),
    "srpt volume": make_scheduler("srpt", volume=True),
    "rap attained": make_scheduler("rap", rule="attained"),
    "rrp asc": make_scheduler("rrp", order="asc"),
    "mlfq resident": make_scheduler("mlfq", threshold_us=1_000_000.0, ratio=4.0, resident_first=True),
}


class Contestant(NamedTuple):
    """A policy that takes part.

    Attributes:
        name: On the board.
        policy: What plays.
        information: Its information class.
        kind: "heuristic", "tuned" or "learned".
    """

    name: str
    policy: Scheduler | Policy
    information: str
    kind: str


def trained(folder: Path, scenario: Scenario, console: Console) -> Iterator[Contestant]:
    """Yields what every training run of exactly this scenario left."""
    for file in sorted(folder.glob("*/*.json")):
        stem = file.with_suffix("")
        card = json.loads(file.read_text())
        if "kind" not in card or stem.name == LAST:
            continue
        name = stem.parent.name if stem.name == BEST else f"{stem.parent.name}-{stem.name}"
        if card["scenario"] != scenario.describe():
            if card["scenario"]["kind"] == scenario.describe()["kind"]:
                console.print(f"{stem.parent} was trained with other parameters of the scenario: left out")
            continue
        try:
            yield from_files(name, stem)
        except VmenvError as error:
            console.print(f"{stem.parent} is left out: {error}")


def from_files(name: str, stem: Path) -> Contestant:
    """Returns a saved policy: a heuristic with other parameters is a tuned one, all else is learned."""
    policy = load_trained(stem)
    is_tuned = isinstance(policy, Scheduler) and not isinstance(policy, IndexPolicy)
    return Contestant(name, policy, information_of(policy), "tuned" if is_tuned else "learned")


def contestants(config: DictConfig, scenario: Scenario, console: Console) -> Iterator[Contestant]:
    """Yields all that are compared; of the policies that come with vmenv those for this kind of scenario, whatever its parameters."""
    for name, scheduler in ({name: make_scheduler(name) for name in SCHEDULERS.names()} | VARIANTS).items():
        yield Contestant(name, scheduler, scheduler.information, "heuristic")
    if config.policies:
        for name in list_policies():
            if read_card(stem_of(name))["scenario"]["kind"] == scenario.describe()["kind"]:
                yield from_files(name, stem_of(name))
        yield from trained(Path(str(config.runs)), scenario, console)


def best_of(kind: str, all_of_them: list[Contestant], scenario: Scenario) -> Contestant | None:
    """Returns the one of a kind that is best on the validation episodes: the evaluation episodes have no say. None if there is none."""
    rivals = [c for c in all_of_them if c.kind == kind and c.information != "clairvoyant"]
    return min(rivals, key=lambda c: mean_cost(c.policy, scenario, VALIDATION_SEEDS[:NUM_VALIDATION]), default=None)
