"""WFP3 and UNICEP as the published program scores them, which is not as they are meant.

RLScheduler's program (HPCSimPickJobs.py) takes for the time that a job has waited its start less its submission, and the start of a job
that has not started is -1. So w is -1 - s, which does not grow as the job waits, and its sign turns the order around. The columns WFP3 and
UNI of the published tables are of these rules; they are here to be reproduced, not to be beaten.

Source: Zhang, Dai, He, Bao and Xie (2020), "RLScheduler: an automated HPC batch job scheduler using reinforcement learning", SC.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.scheduler import Scheduler
from vmenv.dispatch.schedulers.unicep import TINY


@dataclass(frozen=True, kw_only=True)
class Wfp3AsPublished(Scheduler):
    """The least -(w / r)^3 n goes first, with w = -1 - s: the longest jobs of few processors go first.

    Args:
        epoch_s: As F1 has it.
    """

    information = "weights"
    source = "Zhang et al., SC 2020"
    keeps_keys = True
    needs = ("estimate_us",)

    epoch_s: float = 0.0

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """-(w / r)^3 n, s being the time of submission."""
        r, n = max(1.0, vm.estimate_us * 1e-6), max(1.0, vm.cpu_millicores / 1000.0)
        return -(((-1.0 - params[0] - vm.arrival_us * 1e-6) / r) ** 3) * n, 0.0


@dataclass(frozen=True, kw_only=True)
class UnicepAsPublished(Scheduler):
    """The least -w / (log2(n) r) goes first, with w = -1 - s: the longest jobs go first, those of one processor last.

    Args:
        epoch_s: As F1 has it.
    """

    information = "weights"
    source = "Zhang et al., SC 2020"
    keeps_keys = True
    needs = ("estimate_us",)

    epoch_s: float = 0.0

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """-w / (log2(n) r), s being the time of submission."""
        r, n = max(1.0, vm.estimate_us * 1e-6), max(1.0, vm.cpu_millicores / 1000.0)
        return -(-1.0 - params[0] - vm.arrival_us * 1e-6 + TINY) / (math.log2(n + TINY) * r), 0.0
