"""Drain: small VMs are served until next to none is left, then the host is let run empty for the large ones, one after the other.

A VM is large if it needs more than half of the CPU. With no small VM running, a large one goes first unless more than `most_small` small
ones wait; with at most `running` of them running and at most `waiting` of them waiting, none starts while a large one waits.

Source: the switching curves of the optimum of the one-or-all model (`vmenv.bounds.markov`), with straight lines in their place.
Information: demands. Good without pre-emption, for VMs of one pCPU or all. Fails when demands lie in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.episodes.ranges import Range
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.state import Floats, State
from vmenv.jit import jittable


class Kinds(NamedTuple):
    """How many VMs of each kind are present."""

    small_running: int
    small_waiting: int
    large_waiting: int


@jittable
def count_kinds(s: State) -> Kinds:
    """Returns the numbers of small and large VMs."""
    capacity = s.devices[c.CPU, c.CAPACITY]
    small_running, small_waiting, large_waiting = 0, 0, 0
    for i in range(s.run[c.TOP_SLOT]):
        large = 2 * s.front[i, c.CPU] > capacity
        if s.front[i, c.STATUS] == c.RUNNING:
            small_running += not large
        elif s.front[i, c.STATUS] == c.RUNNABLE:
            small_waiting += not large
            large_waiting += large
    return Kinds(small_running, small_waiting, large_waiting)


NOBODY_STARTS, SMALL_START, LARGE_START = range(3)


@SCHEDULERS.register("drain")
@dataclass(frozen=True, kw_only=True)
class Drain(Scheduler):
    """Small VMs until next to none is left, then large ones.

    Args:
        running: Small VMs that run at the most when the host is let run empty.
        waiting: Small VMs that wait at the most when it is.
        most_small: Waiting small VMs beyond which an empty host goes to them although a large one waits.
    """

    information = "demands"
    source = "switching curves of the one-or-all optimum"
    waits_on_purpose = True
    tunable: ClassVar[dict[str, Range]] = {
        "running": Range(0.0, 8.0, whole=True),
        "waiting": Range(0.0, 30.0, whole=True),
        "most_small": Range(0.0, 60.0, whole=True),
    }

    running: int = 2
    waiting: int = 4
    most_small: int = 16

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("running", "waiting", "most_small"):
            if getattr(self, name) < 0:
                raise SpecError(f"Drain.{name} is {getattr(self, name)}: give a number from 0")

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Memory of the run: 0 which kind starts."""
        kinds = count_kinds(s)
        starts = SMALL_START
        if kinds.large_waiting > 0:
            if kinds.small_running == 0:
                starts = LARGE_START if kinds.small_waiting <= params[2] else SMALL_START
            elif kinds.small_running <= params[0] and kinds.small_waiting <= params[1]:
                starts = NOBODY_STARTS
        s.run_memory[0] = starts

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Order of arrival within the kind that starts; infinity for the others."""
        return kind_key(vm, host)


@jittable
def kind_key(vm: Any, host: Any) -> tuple[float, float]:
    """Returns the key of a VM by the kind that starts, which is in the memory of the run."""
    kind = LARGE_START if 2 * vm.cpu_millicores > host.capacity[c.CPU] else SMALL_START
    return (0.0 if host.run_memory[0] == kind else np.inf), 0.0
