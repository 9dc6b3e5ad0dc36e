"""Drain with sloped switching curves: as drain, but how many small VMs count as few depends on how many large ones wait.

The thresholds for the small VMs that wait are straight lines in the number of large ones that do: the more, the sooner the host is let run
empty for them and the longer they keep it. The first falls besides with the small ones that run. With slopes 0 it is drain.

Source: the switching curves of the optimum of the one-or-all model (`vmenv.bounds.markov`), with sloped lines in their place.
Information: demands. Good without pre-emption, for VMs of one pCPU or all. Fails when demands lie in between, and where the optimum's
curves bend: a line that fits the usual numbers is wrong for rare, long queues.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.dispatch.schedulers.drain import LARGE_START, NOBODY_STARTS, SMALL_START, count_kinds, kind_key
from vmenv.episodes.ranges import Range
from vmenv.host.state import Floats, State


@SCHEDULERS.register("drain_sloped")
@dataclass(frozen=True, kw_only=True)
class DrainSloped(Scheduler):
    """Drain with thresholds that are lines in the number of large VMs that wait.

    Args:
        running: Small VMs that run at the most when the host is let run empty.
        waiting: Small VMs that wait at the most when the host is let run empty, were no large one waiting and no small one running.
        waiting_slope: What each large VM that waits adds to that.
        waiting_fall: What each small VM that runs takes off it.
        most_small: Waiting small VMs beyond which an empty host goes to them, were no large one waiting.
        most_slope: What each large VM that waits adds to that.
    """

    information = "demands"
    source = "switching curves of the one-or-all optimum"
    waits_on_purpose = True
    tunable: ClassVar[dict[str, Range]] = {
        "running": Range(-1.0, 20.0),
        "waiting": Range(-20.0, 40.0),
        "waiting_slope": Range(-4.0, 8.0),
        "waiting_fall": Range(-8.0, 16.0),
        "most_small": Range(-20.0, 60.0),
        "most_slope": Range(-4.0, 16.0),
    }

    running: float = 2.0
    waiting: float = 4.0
    waiting_slope: float = 0.0
    waiting_fall: float = 0.0
    most_small: float = 16.0
    most_slope: float = 0.0

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Memory of the run: 0 which kind starts."""
        small_running, small_waiting, large = count_kinds(s)
        starts = SMALL_START
        if large > 0:
            if small_running == 0:
                starts = LARGE_START if small_waiting <= params[4] + params[5] * large else SMALL_START
            elif small_running <= params[0] and small_waiting <= params[1] + params[2] * large - params[3] * small_running:
                starts = NOBODY_STARTS
        # A line that falls may keep the large ones back where no small one waits: then nobody would ever start.
        s.run_memory[0] = LARGE_START if large > 0 and small_running == 0 and small_waiting == 0 else starts

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Order of arrival within the kind that starts; infinity for the others."""
        return kind_key(vm, host)
