"""SJF, shortest job first: the VM with the least work in all goes first.

Source: Phipps (1956), "Machine repair as a priority waiting-line problem"; Conway, Maxwell and Miller, Theory of Scheduling (1967).
Information: clairvoyant. Optimal for the mean response time among policies that do not pre-empt. Fails with pre-emption, where `srpt` is
better, and for large VMs under load.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler


@SCHEDULERS.register("sjf")
@dataclass(frozen=True, kw_only=True)
class Sjf(Scheduler):
    """Shortest job first.

    Args:
        sizes: "exact", or "estimate": the workload's `estimate_us`, such as a requested time, where there is one.
    """

    information = "clairvoyant"
    source = "Phipps, Operations Research 4, 1956"
    keeps_keys = True
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"sizes": ("exact", "estimate")}

    sizes: str = "exact"

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Work of all phases, or what is known of it."""
        return float(vm.estimate_us if params[0] == 1.0 and vm.estimate_us > 0 else vm.size_us), 0.0
