"""Verification of rows that somebody has published: what they say is checked, and a sample, or all, played again.

Nobody's code is run for that: heuristics of vmenv, policies that come with it, and policy files, which hold no code; a module only if
whoever verifies consents.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.scenario import Scenario
from vmenv.errors import VmenvError
from vmenv.leaderboard.entrants import Entrant
from vmenv.leaderboard.fresh import Fresh, compare, draw_seeds
from vmenv.leaderboard.said import Finding, Series, contradictions, made_again, mistaken, other_code, series_of
from vmenv.leaderboard.units import Row

SAMPLE = 3  # episodes of each policy and scenario that are played again
TOLERANCE = 1e-6  # of a metric whose episode is the right one: what narrow rows leave out, and other libraries of mathematics differ by
TIERS = SELF_REPORTED, REPLAYED, RE_RUN = "self-reported", "replayed", "re-run"


class Reached(NamedTuple):
    """What is known of a policy's rows on a scenario.

    Attributes:
        policy: What leads to it.
        policy_digest: Of it.
        scenario: Its name.
        tier: SELF_REPORTED: they are what somebody says. REPLAYED: of the episodes those that were drawn came out again, with the same
            digest. RE_RUN: and on fresh episodes, drawn by the verifier, it costs as much as on these.
        num_rows: Rows.
        num_played: Of these, played again.
        fresh: How the fresh episodes compare; None: there were none.
    """

    policy: str
    policy_digest: str
    scenario: str
    tier: str
    num_rows: int
    num_played: int
    fresh: Fresh | None


class Verified(NamedTuple):
    """What came out.

    Attributes:
        findings: What is wrong; if there is nothing, what was looked at is true.
        notes: What is worth knowing, and not wrong.
        reached: For each policy and scenario.
    """

    findings: list[Finding]
    notes: list[Finding]
    reached: list[Reached]

    @property
    def num_rows(self) -> int:
        """Rows that were looked at."""
        return sum(one.num_rows for one in self.reached)

    @property
    def num_played(self) -> int:
        """Of these, rows that were played again."""
        return sum(one.num_played for one in self.reached)


def verify(
    rows: Sequence[Row],
    *,
    sample: int | None = SAMPLE,
    series: int | None = None,
    fresh: int = 0,
    trusted: Collection[str] = (),
    seed: int = 0,
    tell: Callable[[str], None] = lambda name: None,
) -> Verified:
    """Checks rows, and plays some of them again.

    Args:
        rows: As `vmenv.leaderboard.rows.read_rows` returns them.
        sample: Episodes of each policy on each scenario that are played again, drawn by the seed; None: all.
        series: Of how many policies on scenarios episodes are played, drawn by the seed; None: of all. What the others say is checked too.
        fresh: Episodes that are played besides, with seeds that are drawn; 0: none.
        trusted: Modules whose policies may be run.
        seed: Of what is drawn: whoever publishes does not know which rows will be looked at.
        tell: Is called with the name of each series before it is played.
    """
    everything = series_of(rows)
    rng = np.random.default_rng(seed)
    chosen = set(range(len(everything)))
    if series is not None and series < len(everything):
        chosen = set(rng.choice(len(everything), series, replace=False).tolist())
    seeds = draw_seeds(fresh, rng)
    findings: list[Finding] = []
    reached: list[Reached] = []
    for k, one in enumerate(everything):
        wrong, what = _verify_one(one, sample if k in chosen else 0, seeds if k in chosen else [], trusted, rng, tell)
        findings += wrong
        reached.append(what)
    return Verified(findings, list(other_code(everything)), reached)


def _verify_one(
    series: Series, sample: int | None, seeds: list[int], trusted: Collection[str], rng: np.random.Generator, tell: Callable[[str], None]
) -> tuple[list[Finding], Reached]:
    first = series.rows[0]
    reached = Reached(series.policy, first["policy_digest"], series.scenario, SELF_REPORTED, len(series.rows), 0, None)
    findings = list(contradictions(series))
    try:
        scenario, entrant = made_again(series, trusted)
    except VmenvError as error:
        return [*findings, Finding(series.name, str(error))], reached
    others = list(mistaken(series, scenario, entrant))
    findings += others
    if others or sample == 0:
        return findings, reached
    tell(series.name)
    drawn = _sample(series, sample, rng)
    findings += _played_again(series, drawn, scenario, entrant)
    reached = reached._replace(num_played=len(drawn), tier=SELF_REPORTED if findings else REPLAYED)
    if seeds and not findings:
        found = _play_fresh(series, seeds, scenario, entrant, rng)
        reached = reached._replace(fresh=found, tier=REPLAYED if found.is_suspicious else RE_RUN)
        if found.is_suspicious:
            more = f"{found.difference.mean:.6g} [{found.difference.low:.6g}, {found.difference.high:.6g}]"
            chance = f"by chance one time in {1 / found.chance:,.0f}"
            findings.append(
                Finding(
                    series.name,
                    f"costs {more} more on {len(seeds)} fresh episodes than on the frozen ones, {chance}",
                )
            )
    return findings, reached


def _sample(series: Series, sample: int | None, rng: np.random.Generator) -> list[Row]:
    if sample is None or sample >= len(series.rows):
        return list(series.rows)
    return [series.rows[k] for k in sorted(rng.choice(len(series.rows), sample, replace=False))]


def _play_fresh(series: Series, seeds: list[int], scenario: Scenario, entrant: Entrant, rng: np.random.Generator) -> Fresh:
    objective = scenario.objective
    frozen = np.array([row[objective] for row in series.rows], np.float64)
    return compare(frozen, np.array([row[objective] for row in evaluate(entrant.policy, scenario, seeds)], np.float64), rng)


def _played_again(series: Series, chosen: Sequence[Row], scenario: Scenario, entrant: Entrant) -> Iterator[Finding]:
    """Yields every row that does not come out as it stands there."""
    seeds = sorted({row["seed"] for row in chosen})
    try:
        true = {row["seed"]: row for row in evaluate(entrant.policy, scenario, seeds)}
    except VmenvError as error:
        yield Finding(series.name, f"cannot be played: {error}")
        return
    told = {scenario.objective, *(name for row in series.rows for name in row)}  # narrow rows leave the same metrics out of all
    for row in chosen:
        where, again = f"{series.name}, episode {row['seed']}", true[row["seed"]]
        if not again["digest"].startswith(row["digest"]):
            yield Finding(where, f"went otherwise: its digest is {again['digest'][:12]}..., not {row['digest'][:12]}...")
            continue
        for name in sorted(told & again.keys() - {"digest"}):
            if name not in row:
                yield Finding(where, f"{name} is missing; it is {again[name]!r}")
                break
            if not _same(row[name], again[name]):
                yield Finding(where, f"{name} is {again[name]!r}, not {row[name]!r}")
                break


def _same(told: Any, true: Any) -> bool:
    if isinstance(true, float) and isinstance(told, float):
        return math.isclose(told, true, rel_tol=TOLERANCE, abs_tol=1e-12)
    return bool(told == true)
