"""FCFS: the VM that arrived first goes first, and goes on until it is done.

Source: the first-in-first-out discipline of any queueing text, e.g. Kleinrock, Queueing Systems I (1975).
Information: blind. Good when sizes vary little: no switches, no paging beyond the first. Fails when they vary much: small VMs wait
behind large ones, E[T] grows with the variance of the size (Pollaczek-Khinchine).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler


@SCHEDULERS.register("fcfs")
@dataclass(frozen=True, kw_only=True)
class Fcfs(Scheduler):
    """First come, first served."""

    information = "blind"
    source = "Kleinrock, Queueing Systems I, 1975"
    keeps_keys = True

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """The arrival number."""
        return float(vm.number), 0.0
