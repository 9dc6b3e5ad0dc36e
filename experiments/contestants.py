"""Who takes part in a leaderboard: all schedulers, the policies that come with vmenv, and what training runs left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from omegaconf import DictConfig
from rich.console import Console

from agents.training.checkpoint import BEST, saved_policies
from agents.training.curve import mean_cost
from experiments.hydra_app import names_in
from vmenv.episodes.policy import find_policy, information_of
from vmenv.episodes.saved import list_policies, load_policy, read_card, stem_of
from vmenv.episodes.scenario import Scenario
from vmenv.episodes.seeds import VALIDATION_SEEDS
from vmenv.errors import UnknownNameError, VmenvError
from vmenv.leaderboard.contests import TUNED_KINDS

NUM_VALIDATION = 50
INTERRUPTED = " (interrupted)"  # behind the name of a run that has not come to its end


class Contestant(NamedTuple):
    """A policy that takes part.

    Attributes:
        name: On the board.
        policy: What plays.
        information: Its information class.
        origin: "heuristic", "own", "tuned" or "learned".
    """

    name: str
    policy: Any
    information: str
    origin: str


def trained(folder: Path, scenario: Scenario, console: Console) -> Iterator[Contestant]:
    """Yields what every training run of exactly this scenario left."""
    for stem in (stem for run in sorted(folder.glob("*/")) for stem in saved_policies(run)):
        card = read_card(stem)
        name = stem.parent.name if stem.name == BEST else f"{stem.parent.name}-{stem.name}"
        if "evaluation" not in card:
            name += INTERRUPTED
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
    policy = load_policy(stem)
    return Contestant(name, policy, information_of(policy), "tuned" if read_card(stem)["kind"] in TUNED_KINDS else "learned")


def contestants(config: DictConfig, scenario: Scenario, console: Console) -> Iterator[Contestant]:
    """Yields all that are compared; of the policies that come with vmenv those for this kind of scenario, whatever its parameters."""
    kind = scenario.kind
    heuristics = {name: kind.schedulers.make(name) for name in kind.schedulers.names()}
    heuristics |= {label: kind.schedulers.make(name, **parameters) for label, (name, parameters) in kind.variants.items()}
    for name, scheduler in heuristics.items():
        yield Contestant(name, scheduler, information_of(scheduler), "heuristic")
    for name in names_in("entries", config.entries):
        policy = find_policy(name, kind)
        yield Contestant(name.rpartition(":")[2], policy, information_of(policy), "own")
    if config.policies:
        for name in list_policies(kind.name):
            if read_card(stem_of(name))["scenario"]["kind"] == scenario.describe()["kind"]:
                yield from_files(name, stem_of(name))
        yield from trained(Path(str(config.runs)), scenario, console)


def chosen(only: list[str], everyone: list[Contestant], scenario: Scenario) -> list[Contestant]:
    """Returns those named, and the rivals that every table of this kind has a column of; all if none is named.

    Raises:
        UnknownNameError: Nobody has a name.
    """
    names = [contestant.name for contestant in everyone]
    for name in only:
        if name not in names:
            raise UnknownNameError("policy on this board", name, names)
    wanted = {*only, *scenario.kind.rivals} if only else set(names)
    return [contestant for contestant in everyone if contestant.name in wanted]


def best_of(origin: str, all_of_them: list[Contestant], scenario: Scenario) -> Contestant | None:
    """Returns the one of an origin that is best on the validation episodes: the evaluation episodes have no say. None if there is none."""
    rivals = [c for c in all_of_them if c.origin == origin and c.information != "clairvoyant"]
    return min(rivals, key=lambda c: mean_cost(c.policy, scenario, VALIDATION_SEEDS[:NUM_VALIDATION]), default=None)
