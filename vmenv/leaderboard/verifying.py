"""Verification of rows that somebody has published: what is said of them is checked, and a sample, or all, played again.

Nobody's code is run for that: heuristics of vmenv, policies that come with it, and policy files, which hold no code; a module only if
whoever verifies consents.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.scenario import Scenario, make_scenario
from vmenv.episodes.seeds import EVALUATION_SEEDS
from vmenv.errors import SpecError, VmenvError
from vmenv.jit.sources import code_digest
from vmenv.leaderboard.entrants import Entrant, enter
from vmenv.leaderboard.suites import scenario_digest
from vmenv.leaderboard.units import Row

SAMPLE = 3  # episodes of each policy and scenario that are played again


class Finding(NamedTuple):
    """Something that is wrong.

    Attributes:
        where: Scenario, policy, and the episode if it is about one.
        reason: What is wrong, and what to do.
    """

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


class Verified(NamedTuple):
    """What came out.

    Attributes:
        findings: What is wrong; if there is nothing, what was looked at is true.
        num_rows: Rows that were looked at.
        num_played: Of these, rows that were played again.
    """

    findings: list[Finding]
    num_rows: int
    num_played: int


class Series(NamedTuple):
    """The rows of one policy on one scenario."""

    name: str
    rows: list[Row]


def verify(
    rows: Sequence[Row],
    *,
    sample: int | None = SAMPLE,
    trusted: Collection[str] = (),
    seed: int = 0,
    tell: Callable[[str], None] = lambda name: None,
) -> Verified:
    """Checks rows, and plays some of them again.

    Args:
        rows: As `vmenv.leaderboard.rows.read_rows` returns them.
        sample: Episodes of each policy on each scenario that are played again, drawn by the seed; None: all.
        trusted: Modules whose policies may be run.
        seed: Of the sample: whoever publishes does not know which rows will be looked at.
        tell: Is called with the name of each series before it is played.
    """
    findings: list[Finding] = []
    rng, played = np.random.default_rng(seed), 0
    for series in _series(rows):
        findings += _said(series)
        try:
            scenario, entrant = _again(series, trusted)
        except VmenvError as error:
            findings.append(Finding(series.name, str(error)))
            continue
        mismatched = list(_of_something_else(series, scenario, entrant))
        findings += mismatched
        if mismatched:
            continue
        tell(series.name)
        chosen = _sample(series, sample, rng)
        played += len(chosen)
        findings += _played_again(series, chosen, scenario, entrant)
    return Verified(findings, len(rows), played)


def _series(rows: Sequence[Row]) -> Iterator[Series]:
    groups: dict[tuple[str, str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["scenario"], row["parameters"], row["policy"], row["policy_digest"]].append(row)
    for (scenario, _, policy, _), own in groups.items():
        yield Series(f"{policy} on {scenario}", own)


def _said(series: Series) -> Iterator[Finding]:
    """Yields what is wrong with what the rows say, before anything is played."""
    counts = Counter(row["seed"] for row in series.rows)
    for seed, count in counts.items():
        if count > 1:
            yield Finding(f"{series.name}, episode {seed}", f"stands there {count} times: leave one, and evaluate again if they differ")
    absent = sorted(set(range(max(counts) + 1)) - counts.keys()) if max(counts) < EVALUATION_SEEDS.stop else []
    if absent:
        yield Finding(series.name, f"{len(absent)} episodes are missing, the first is {absent[0]}: give all from 0 to the last")
    beyond = [seed for seed in counts if seed not in EVALUATION_SEEDS]
    if beyond:
        yield Finding(
            series.name, f"episode {beyond[0]} is none of the evaluation episodes {EVALUATION_SEEDS.start} to {EVALUATION_SEEDS.stop - 1}"
        )
    for row in series.rows:
        broken = [name for name, value in row.items() if isinstance(value, float) and not math.isfinite(value)]
        if broken:
            yield Finding(f"{series.name}, episode {row['seed']}", f"{broken[0]} is {row[broken[0]]}, which is no finite number")
    dirty = {row["commit"] for row in series.rows if row["commit"].endswith("-dirty")}
    if dirty:
        yield Finding(series.name, f"made by a checkout with changes ({dirty.pop()}): commit them, and evaluate again")
    if len({(row["scenario_digest"], row["code"]) for row in series.rows}) > 1:
        yield Finding(series.name, "rows of different code or scenarios are mixed: evaluate all of them again")


def _again(series: Series, trusted: Collection[str]) -> tuple[Scenario, Entrant]:
    """Returns scenario and policy as the first row says them."""
    row = series.rows[0]
    try:
        parameters: dict[str, Any] = json.loads(row["parameters"])
    except ValueError:
        parameters = None  # type: ignore[assignment]  # refused below
    if not isinstance(parameters, dict):
        raise SpecError(f"parameters are {row['parameters']!r}: give those of the scenario, as JSON")
    scenario: Scenario = make_scenario(row["scenario"], **parameters)
    return scenario, enter(row["policy"], scenario.kind, trusted)


def _of_something_else(series: Series, scenario: Scenario, entrant: Entrant) -> Iterator[Finding]:
    """Yields why the rows cannot be made again here."""
    own = {"scenario_digest": scenario_digest(scenario), "policy_digest": entrant.digest, "code": code_digest()}
    what = {
        "scenario_digest": "of another scenario than its parameters say",
        "policy_digest": "of another policy than is found under this name",
        "code": "made by other code than is installed here: install that version, or evaluate again",
    }
    for name, digest in own.items():
        told = {row[name] for row in series.rows} - {digest}
        if told:
            yield Finding(series.name, f"{what[name]} ({name} {min(told)}, here {digest})")
    information = {row["information"] for row in series.rows} - {entrant.information}
    if information:
        yield Finding(series.name, f"says that it looks at {information.pop()!r}, and looks at {entrant.information!r}")


def _sample(series: Series, sample: int | None, rng: np.random.Generator) -> list[Row]:
    if sample is None or sample >= len(series.rows):
        return list(series.rows)
    return [series.rows[k] for k in sorted(rng.choice(len(series.rows), sample, replace=False))]


def _played_again(series: Series, chosen: Sequence[Row], scenario: Scenario, entrant: Entrant) -> Iterator[Finding]:
    """Yields every row that does not come out as it stands there."""
    seeds = sorted({row["seed"] for row in chosen})
    try:
        true = {row["seed"]: row for row in evaluate(entrant.policy, scenario, seeds)}
    except VmenvError as error:
        yield Finding(series.name, f"cannot be played: {error}")
        return
    for row in chosen:
        where, again = f"{series.name}, episode {row['seed']}", true[row["seed"]]
        if row["digest"] != again["digest"]:
            yield Finding(where, f"went otherwise: its digest is {again['digest'][:12]}..., not {row['digest'][:12]}...")
            continue
        for name, value in again.items():
            if name not in row:
                yield Finding(where, f"{name} is missing; it is {value!r}")
                break
            if not _same(row[name], value):
                yield Finding(where, f"{name} is {value!r}, not {row[name]!r}")
                break


def _same(told: Any, true: Any) -> bool:
    """Returns whether a number is what it should be: to rounding, as libraries of mathematics differ in their last digits."""
    if isinstance(true, float) and isinstance(told, float):
        return math.isclose(told, true, rel_tol=1e-9, abs_tol=1e-12)
    return bool(told == true)
