"""Rows as they are compared: for each scenario its entries, and of each entry the costs of all its training runs on the same episodes."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np

from vmenv.dispatch.scheduler import INFORMATION_CLASSES, Scheduler, inputs_missing
from vmenv.episodes.kinds import Kind
from vmenv.episodes.saved import list_policies, read_card, stem_of
from vmenv.episodes.scenario import CONTROL, Scenario, make_scenario
from vmenv.errors import SpecError, VmenvError
from vmenv.host.state import Floats
from vmenv.leaderboard.entrants import enter
from vmenv.leaderboard.units import Row

HEURISTIC, TUNED, LEARNED, ENTRANT = "heuristic", "tuned", "learned", "entrant"
TUNED_KINDS = ("tuned", "share_tuned")  # kinds of saved policies that are heuristics with other parameters
RIVALS = (HEURISTIC, TUNED)  # what others are measured by
EXTRA = (("fairness (Jain)", "jain"), ("switches", "num_switches"))  # beside the columns of the kind of decision
WIDEST = len(INFORMATION_CLASSES) - 1
Bounds = Mapping[str, Mapping[int, float]]  # of a scenario's digest: of a seed, what no policy costs less than


class Entry(NamedTuple):
    """A line of a board: a policy, or several that cost the same in every episode, or the training runs of one learner.

    Attributes:
        names: What it is called; several if they are tied in every episode.
        role: HEURISTIC, TUNED, LEARNED, or ENTRANT, which is all that does not come with vmenv.
        information: What it may look at.
        missing: What it needs and the episodes do not tell: it plays another rule than its own, and is not ranked.
        runs: The rows of each training run, in the order of the seeds of the episodes.
    """

    names: tuple[str, ...]
    role: str
    information: str
    missing: tuple[str, ...]
    runs: tuple[tuple[Row, ...], ...]

    @property
    def name(self) -> str:
        """All names."""
        runs = f" ({len(self.runs)} training runs)" if len(self.runs) > 1 else ""
        return " = ".join(self.names) + runs

    @property
    def rank(self) -> int:
        """How much it may look at, 0 being least."""
        return INFORMATION_CLASSES.index(self.information) if self.information in INFORMATION_CLASSES else WIDEST

    def metric(self, name: str) -> Floats | None:
        """Returns (R, E) of a metric; None where the rows do not have it."""
        if any(name not in row for run in self.runs for row in run):
            return None
        return np.array([[row[name] for row in run] for run in self.runs], np.float64)


@dataclass(frozen=True)
class Contest:
    """Entries on the same episodes of a scenario.

    Attributes:
        name: Of the scenario, and what differs from its defaults.
        scenario: The scenario.
        digest: Of it.
        seeds: Of the episodes.
        entries: All, the best first.
        bounds: (E,) what no policy costs less than; None: not known.
    """

    name: str
    scenario: Scenario
    digest: str
    seeds: tuple[int, ...]
    entries: tuple[Entry, ...]
    bounds: Floats | None

    @property
    def kind(self) -> Kind:
        """The kind of decision."""
        return self.scenario.kind

    @property
    def is_control(self) -> bool:
        """Whether its optimum is known, so that there is nothing to gain."""
        return CONTROL in type(self.scenario).tags

    @cached_property
    def costs(self) -> list[Floats]:
        """(R, E) of each entry."""
        return [costs_of(entry, self.scenario.objective) for entry in self.entries]

    def ranked(self, information: str) -> list[Entry]:
        """Returns the entries of an information class that play their own rule, the best first."""
        return [entry for entry in self.entries if entry.information == information and not entry.missing]

    def rival(self, entry: Entry) -> Entry | None:
        """Returns the best heuristic, tuned ones included, that looks at no more than an entry; None if there is none.

        It is the best on the very episodes that are shown: whoever is compared with it is so rather too low than too high.
        """
        return next((e for e in self.entries if e.role in RIVALS and not e.missing and e.rank <= entry.rank), None)

    def named(self, name: str) -> Entry | None:
        """Returns the entry that a policy is in; None if it was not played."""
        return next((entry for entry in self.entries if name in entry.names), None)

    @property
    def classes(self) -> list[str]:
        """The information classes that are there, from those who see least to those who see all."""
        ranks = {entry.information: entry.rank for entry in self.entries}
        return sorted(ranks, key=lambda told: (ranks[told], told))


def costs_of(entry: Entry, objective: str) -> Floats:
    """Returns (R, E) what the episodes cost.

    Raises:
        SpecError: The rows do not say it.
    """
    costs = entry.metric(objective)
    if costs is None:
        raise SpecError(f"the rows of {entry.name} do not have {objective}, which ranks: evaluate again")
    return costs


def metrics_shown(scenario: Scenario) -> dict[str, tuple[str, float]]:
    """Returns what a board shows beside the objective, by heading: the name of a metric, and what it is multiplied with."""
    columns = {column.label: (column.metric, column.scale) for column in scenario.kind.columns if column.metric != scenario.objective}
    return columns | {label: (metric, 1.0) for label, metric in EXTRA if metric not in {metric for metric, _ in columns.values()}}


def entry_name(policy: str) -> str:
    """Returns what a policy is called on a board: training runs of one learner, NAME-seed0 and so on, have one name."""
    return re.sub(r"-seed\d+(?=$|/)", "", policy.removesuffix(".json").rstrip("/").removesuffix("/policy"))


def family(name: str, scenario: str) -> str:
    """Returns the name of an entry over scenarios: a star stands for the scenario where there is a policy for each."""
    return f"*-{name.removeprefix(f'{scenario}-')}" if name.startswith(f"{scenario}-") else name


def role_of(policy: str, kind: Kind) -> str:
    """Returns what sort of entry a policy is."""
    if policy in kind.schedulers or policy in kind.variants:
        return HEURISTIC
    try:
        card = read_card(stem_of(policy)) if policy in list_policies(kind.name) or "/" in policy else None
    except SpecError:  # a file of others, which is not here
        card = None
    return ENTRANT if card is None else TUNED if card["kind"] in TUNED_KINDS else LEARNED


def contests(rows: Sequence[Row], bounds: Bounds | None = None) -> list[Contest]:
    """Returns what rows compare, by scenario.

    Args:
        rows: Of `vmenv evaluate`. Where policies were played on different episodes, those that all of them have count.
        bounds: As `vmenv.leaderboard.ceilings.read_bounds` returns them.

    Raises:
        SpecError: There is no row, a scenario is not known, no two episodes were played by all, or a name stands for two policies.
    """
    if not rows:
        raise SpecError("there is no row: give a file of rows that vmenv evaluate wrote")
    groups: dict[tuple[str, str, str], dict[str, dict[str, dict[int, Row]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(dict)))
    meant: dict[tuple[str, str], str] = {}
    for row in rows:
        if meant.setdefault((row["scenario_digest"], row["policy"]), row["policy_digest"]) != row["policy_digest"]:
            raise SpecError(f"{row['policy']} on {row['scenario']} is the name of two policies: evaluate again, or rename one of them")
        group = groups[row["scenario"], row["scenario_digest"], row["parameters"]]
        group[entry_name(row["policy"])][row["policy_digest"]][row["seed"]] = row
    return [_contest(*about, policies, bounds or {}) for about, policies in groups.items()]


def _contest(name: str, digest: str, parameters: str, policies: dict[str, dict[str, dict[int, Row]]], bounds: Bounds) -> Contest:
    scenario = scenario_from(name, parameters)
    seeds = sorted(set.intersection(*(set(run) for runs in policies.values() for run in runs.values())))
    if len(seeds) < 2:
        raise SpecError(f"{name}: there are no two episodes that all policies have played: evaluate all on the same")
    known = bounds.get(digest, {})
    entries = [_entry(policy, runs, seeds, scenario) for policy, runs in policies.items()]
    entries = _tied(sorted(entries, key=lambda e: (float(costs_of(e, scenario.objective).mean()), e.name)), scenario.objective)
    return Contest(
        name=_label(name, scenario),
        scenario=scenario,
        digest=digest,
        seeds=tuple(seeds),
        entries=tuple(entries),
        bounds=np.array([known[seed] for seed in seeds]) if all(seed in known for seed in seeds) else None,
    )


def scenario_from(name: str, parameters: str) -> Scenario:
    """Returns the scenario of a row.

    Raises:
        UnknownNameError: There is no such scenario.
        SpecError: The parameters are none of it.
    """
    try:
        told: dict[str, Any] = json.loads(parameters)
        scenario: Scenario = make_scenario(name, **told)
    except (ValueError, TypeError) as error:
        raise SpecError(f"{name} has parameters {parameters[:80]!r}, which are none of it ({error}): evaluate again") from error
    return scenario


def _label(name: str, scenario: Scenario) -> str:
    told = scenario.describe()
    try:
        usual = make_scenario(name).describe()
    except VmenvError:
        usual = {}
    different = [f"{key}={value}" for key, value in told.items() if usual.get(key) != value]
    return " ".join([name, *different]) if usual else name


def _entry(name: str, runs: dict[str, dict[int, Row]], seeds: list[int], scenario: Scenario) -> Entry:
    first = next(iter(next(iter(runs.values())).values()))
    policy = first["policy"]
    missing = _missing(policy, type(scenario), scenario) if role_of(policy, scenario.kind) == HEURISTIC else ()
    return Entry(
        names=(name,),
        role=role_of(policy, scenario.kind),
        information=first["information"],
        missing=missing,
        runs=tuple(tuple(run[seed] for seed in seeds) for run in runs.values()),
    )


@lru_cache(maxsize=4096)
def _missing(policy: str, kind: type[Scenario], scenario: Scenario) -> tuple[str, ...]:
    """Returns what a heuristic needs and the episodes do not tell."""
    player = enter(policy, scenario.kind, ()).policy
    return inputs_missing(player, _first_episode(scenario)) if isinstance(player, Scheduler) else ()


@lru_cache(maxsize=64)
def _first_episode(scenario: Scenario) -> Any:
    return scenario.episode(0)


def _tied(entries: list[Entry], objective: str) -> list[Entry]:
    """Returns the entries, those of a class that cost the same in every episode being one."""
    found: dict[tuple[bytes, str, bool], Entry] = {}
    for entry in entries:
        key = (costs_of(entry, objective).tobytes(), entry.information, bool(entry.missing))
        first = found.get(key)
        merge = first is not None and len(first.runs) == len(entry.runs) == 1 and (first.role in RIVALS) == (entry.role in RIVALS)
        if first is not None and merge:
            found[key] = first._replace(names=(*first.names, *entry.names))
        else:
            found[key if first is None else (entry.name.encode(), *key[1:])] = entry
    return list(found.values())
