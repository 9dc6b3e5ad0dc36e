"""What came out, in plain words: where learning does not win, and what is left to the bounds."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.learned.plan import RIVAL
from experiments.learned.results import Results
from experiments.learned.units import in_unit
from experiments.learned.verdicts import HOLDS, MISTAKE, Verdict
from experiments.learned.yardsticks import LOWER_BOUND, NUM_SEARCHED, SEARCHED


def in_words(found: Sequence[Verdict]) -> str:
    """Returns where learning does not win, and by how much it loses or falls short, a line each."""
    lines = [f"- {sentence(one)}" for one in found if one.text != HOLDS]
    if not lines:
        return "Every claim holds, each with its whole interval.\n"
    return "Where learning does not win, or not by as much as was claimed:\n\n" + "\n".join(lines) + "\n"


def sentence(one: Verdict) -> str:
    """Returns what happened to a claim that does not hold as a whole."""
    name, _ = one.result.against(one.claim)
    where = f"On `{one.result.name}`" + ("" if one.claim.statistic == "mean" else f", in the {one.claim.statistic},")
    rival = ("the best rival, " if one.claim.against == RIVAL and not one.result.plan.optimum else "the optimum, ") + name
    low, mean, high = (100 * (x - 1) for x in (one.ratio.low, one.ratio.mean, one.ratio.high))
    claimed = f"claimed was a ratio of at most {one.claim.at_most:.2f}, for the whole interval"
    if one.text == MISTAKE:
        return f"{where} the learned policies cost {-mean:.1f} % less than {rival}, which cannot be: something is wrong."
    if low > 0:
        loses = "loses: it costs" if one.claim.against == RIVAL else "costs"
        return f"{where} learning {loses} {mean:.1f} % [{low:.1f}, {high:.1f}] more than {rival}; {claimed}."
    if high < 0:
        return f"{where} learning costs {-mean:.1f} % [{-high:.1f}, {-low:.1f}] less than {rival}; {claimed}."
    return f"{where} learning and {rival} cannot be told apart: {mean:+.1f} % [{low:+.1f}, {high:+.1f}]; {claimed}."


def limit_lines(result: Results) -> str:
    """Returns what is left above the bound, and below clairvoyant schedules."""
    learned, objective, text = float(result.learned.mean()), result.scenario.objective, ""
    if LOWER_BOUND in result.limits:
        bound = float(result.limits[LOWER_BOUND].mean())
        text += f"No policy costs less than {in_unit(bound, objective)}, clairvoyant or not: the learned ones cost {learned / bound:.3g} "
        text += "times that.\n"
    if SEARCHED in result.limits:
        costs = result.limits[SEARCHED]
        ratio = float(costs.mean() / result.learned[:, : len(costs)].mean())
        text += f"Schedules that a search with knowledge of each episode found cost {in_unit(float(costs.mean()), objective)} on the first "
        text += f"{min(NUM_SEARCHED, len(costs))} episodes, {ratio:.3g} times the learned policies there: a clairvoyant could do that well "
        text += "at least.\n"
    return text
