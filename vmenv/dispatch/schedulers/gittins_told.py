"""Gittins, told the laws: the VM with the highest Gittins index goes first, the law of a label being the sizes of all its VMs of the run.

A yardstick: what `gittins_learned` would do had it seen everything beforehand. It knows how many VMs have which size, not which ones.

Source: Gittins (1979), "Bandit processes and dynamic allocation indices", JRSS B 41.
Information: clairvoyant. Optimal among policies without sizes for one pCPU and free pre-emption. Fails when a switch costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.loop.experience import learn_all, learned_index
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.host.state import Floats, State


@SCHEDULERS.register("gittins_told")
@dataclass(frozen=True, kw_only=True)
class GittinsTold(Scheduler):
    """The Gittins index by the sizes of all VMs of the run."""

    information = "clairvoyant"
    source = "Gittins, JRSS B 41, 1979"

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Takes in all sizes, once."""
        learn_all(s)

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus the index."""
        return -learned_index(host.run_memory, vm.tenant, vm.attained_us, host.quantum_us), 0.0
