"""SRPT, shortest remaining processing time: the VM with the least work left goes first.

Source: Schrage (1968), "A proof of the optimality of the shortest remaining processing time discipline", Operations Research 16.
Information: clairvoyant. Minimises the number present at every instant on one pCPU without overheads. Fails on a host of many
devices, where the shortest may block what could run side by side, and for every user whose VM is the largest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.schedulers.base import SCHEDULERS, Scheduler


@SCHEDULERS.register("srpt")
@dataclass(frozen=True, kw_only=True)
class Srpt(Scheduler):
    """Shortest remaining processing time."""

    information = "clairvoyant"
    source = "Schrage, Operations Research 16, 1968"
    keeps_keys = True

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Work left over all phases."""
        return float(vm.size_us - vm.attained_us), 0.0
