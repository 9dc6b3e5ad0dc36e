"""LAS, least attained service: the VM that has had the least service so far goes first.

Source: Schrage (1967), "The queue M/G/1 with feedback to lower priority queues"; also called foreground-background.
Information: attained. Optimal among policies that do not know sizes when the hazard rate of the size law falls (Righter and
Shanthikumar 1989). Fails when it rises: VMs that are nearly done give way to each newcomer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler


@SCHEDULERS.register("las")
@dataclass(frozen=True, kw_only=True)
class Las(Scheduler):
    """Least attained service."""

    information = "attained"
    source = "Schrage, Management Science 13, 1967"
    keeps_keys = True

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Service so far."""
        return float(vm.attained_us), 0.0
