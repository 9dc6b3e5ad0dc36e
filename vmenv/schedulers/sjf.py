"""SJF, shortest job first: the VM with the least work in all goes first.

Source: Phipps (1956), "Machine repair as a priority waiting-line problem"; Conway, Maxwell and Miller, Theory of Scheduling (1967).
Information: clairvoyant. Optimal for the mean response time among policies that do not pre-empt. Fails with pre-emption, where `srpt` is
better, and for large VMs under load.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.schedulers.base import SCHEDULERS, Scheduler


@SCHEDULERS.register("sjf")
@dataclass(frozen=True, kw_only=True)
class Sjf(Scheduler):
    """Shortest job first."""

    information = "clairvoyant"
    source = "Phipps, Operations Research 4, 1956"

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Work of all phases."""
        return float(vm.size_us), 0.0
