"""What became of every claim, as a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from experiments.learned.plan import RIVAL, Claim
from experiments.learned.results import Results
from experiments.learned.runs import FORMULA, GENERALIST, INDEX, PPO
from experiments.learned.units import ABSENT, in_unit
from experiments.learned.yardsticks import LOWER_BOUND, SEARCHED, yardstick
from vmenv.leaderboard.resampling import point
from vmenv.leaderboard.score import Interval, paired_ratio

ROUNDING = 1e-9  # equal costs, summed in another order
HOLDS, IN_THE_MEAN, FAILS, MISTAKE = (
    "holds",
    "holds in the estimate, not the whole interval",
    "does not hold",
    "better than the optimum: a mistake",
)
HEADINGS = (
    "scenario",
    "best rival",
    "rival",
    "learned",
    "formula",
    "generalist",
    "PPO",
    "optimum or bound",
    "learned / rival",
    "at most",
    "verdict",
)


@dataclass(frozen=True)
class Verdict:
    """A claim and what came out.

    Attributes:
        result: Of the scenario.
        claim: The claim.
        ratio: Cost of the learned policies / that of the rival, with its interval.
        text: What follows.
    """

    result: Results
    claim: Claim
    ratio: Interval
    text: str


def verdict(result: Results, claim: Claim) -> Verdict:
    """Returns what became of a claim: it holds if the whole interval lies within it."""
    ratio = paired_ratio(result.learned, result.against(claim)[1], statistic=claim.statistic)
    if claim.is_optimal and ratio.high < 0.99:
        text = MISTAKE
    elif ratio.high <= claim.at_most + ROUNDING:
        text = HOLDS
    else:
        text = IN_THE_MEAN if ratio.mean <= claim.at_most + ROUNDING else FAILS
    return Verdict(result, claim, ratio, text)


def verdicts(results: Sequence[Results]) -> list[Verdict]:
    """Returns what became of all claims."""
    return [verdict(result, claim) for result in results for claim in result.plan.claims]


def shown(ratio: Interval) -> str:
    """Returns a ratio as the page shows it; there is none where the rival costs nothing."""
    if not math.isfinite(ratio.mean + ratio.low + ratio.high):
        return ABSENT
    return f"{ratio.mean:.3f} [{ratio.low:.3f}, {ratio.high:.3f}]"


def table(found: Sequence[Verdict]) -> list[list[str]]:
    """Returns the table of claims: costs by the statistic that the claim is about."""
    cells = [list(HEADINGS)]
    for one in found:
        result, claim = one.result, one.claim
        name, against = result.against(claim)
        objective = result.scenario.objective

        def cost(agent: str, result: Results = result, claim: Claim = claim, objective: str = objective) -> str:
            return in_unit(point(result.costs[agent], claim.statistic), objective) if agent in result.costs else ABSENT

        rival = in_unit(point(against.reshape(-1, len(result.seeds)), claim.statistic), objective)
        label = result.name if claim.statistic == "mean" else f"{result.name}, {claim.statistic}"
        is_rival = claim.against == RIVAL and not result.plan.optimum
        against_label = name if is_rival else f"{name}, the optimum"
        cells.append([label, against_label, rival, *(cost(agent) for agent in (INDEX, FORMULA, GENERALIST, PPO)), limit(result, claim)])
        cells[-1] += [shown(one.ratio), f"{claim.at_most:.2f}", one.text]
    return cells


def limit(result: Results, claim: Claim) -> str:
    """Returns optimum, yardsticks and bounds in one cell."""
    if result.plan.optimum:
        return f"optimum: {result.plan.optimum}"
    told = []
    for name, costs in result.limits.items():
        value = in_unit(point(costs[None], claim.statistic), result.scenario.objective)
        if name == LOWER_BOUND:
            told.append(f"at least {value}" if claim.statistic == "mean" else "")
        elif name != SEARCHED:
            clairvoyant = yardstick(name).information == "clairvoyant"
            told.append(f"{name}{', clairvoyant,' if clairvoyant else ''} {value}")
    return "; ".join(filter(None, told)) or ABSENT
