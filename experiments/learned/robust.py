"""The same ratios by other statistics: whether a mean is that of a few episodes in which everything stood still."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.learned.results import Results
from experiments.learned.runs import FORMULA, INDEX
from experiments.learned.verdicts import shown
from vmenv.leaderboard.board import markdown
from vmenv.leaderboard.resampling import STATISTICS

INTRODUCTION = (
    "## Medians, and means without the worst episodes\n\n"
    "Cost / cost of the best rival again. Median: of the episodes of each training run; trimmed mean: without the worst hundredth of the "
    "episodes, each policy's own. Then the mean over training runs, as everywhere.\n\n"
)


def robust(results: Sequence[Results]) -> str:
    """Returns the section."""
    cells = [["scenario", "policy", *STATISTICS]]
    for result in results:
        for label, agent in (("learned", INDEX), ("formula", FORMULA)):
            cells.append([result.name, label, *(shown(result.ratio(agent, statistic)) for statistic in STATISTICS)])
    return f"{INTRODUCTION}{markdown(cells)}"
