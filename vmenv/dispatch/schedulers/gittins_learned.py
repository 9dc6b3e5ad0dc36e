"""Gittins, learned in the run: the VM with the highest Gittins index goes first, by what the sizes seen so far say of its label.

`vmenv.dispatch.loop.experience` says how the index is estimated.

Source: Gittins (1979), "Bandit processes and dynamic allocation indices", JRSS B 41; Kaplan and Meier (1958) for the estimate.
Information: attained, and the label. Comes near the index policy that knows the laws once some VMs of each label are done. Fails when a
switch costs, and while little has been seen it is LAS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.loop.experience import learn, learned_index
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.host.state import Floats, State


@SCHEDULERS.register("gittins_learned")
@dataclass(frozen=True, kw_only=True)
class GittinsLearned(Scheduler):
    """The Gittins index by the sizes seen in the run."""

    information = "attained"
    source = "Gittins, JRSS B 41, 1979"

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Takes in what has come to its end."""
        learn(s)

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus the estimated index."""
        return -learned_index(host.run_memory, vm.tenant, vm.attained_us, host.quantum_us), 0.0
