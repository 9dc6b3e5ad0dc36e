"""Fairness: which part of their CPU demand did the VMs get?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vmenv.host.state import Floats, Ints
from vmenv.share.metric import METRICS

if TYPE_CHECKING:
    from vmenv.share.run import ShareRun


def part_of_demand(run: ShareRun, amounts: Ints) -> Floats:
    """Returns amounts of the CPU / what was demanded, of those VMs that demanded any."""
    asks = run.demanded[:, 0] > 0
    return np.asarray(amounts[asks, 0] / run.demanded[asks, 0])


@METRICS.register("worst_steal")
def worst_steal(run: ShareRun) -> float:
    """The largest part of its CPU demand that a VM lost."""
    return float(part_of_demand(run, run.lost).max(initial=0.0))


@METRICS.register("jain")
def jain(run: ShareRun) -> float:
    """Jain's fairness index of the parts that VMs got of their CPU demand: 1 if all got the same part, 1/n if one got all.

    Source: Jain, Chiu and Hawe, "A quantitative measure of fairness", DEC-TR-301, 1984.
    """
    got = part_of_demand(run, run.granted)
    return float(got.sum() ** 2 / (len(got) * (got**2).sum())) if got.any() else 1.0
