"""What rules of pairing that may leave a pCPU idle have in common: how a VM is weighed by its gain and by its best partner."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vmenv.dispatch.scheduler import Scheduler
from vmenv.episodes.ranges import Range
from vmenv.host import columns as c
from vmenv.host.state import State
from vmenv.jit import jittable

ALONE = 1.0  # what one VM gets done by itself, in full speeds


@jittable
def note_pair(s: State, i: int, j: int, together: float) -> None:
    """Writes down for the runnable VM of slot `i` what it and that of slot `j` would get done together, if that is its best."""
    s.vm_memory[i, 0] = max(s.vm_memory[i, 0], together)
    s.vm_memory[i, 1] += s.slots[i, c.VM_CLASS] == s.slots[j, c.VM_CLASS]


@jittable
def partner_key(vm: Any, host: Any, gain: float, least_gain: float, partner: float, crowd: float, attained: float) -> tuple[float, float]:
    """Returns the key of a VM that gains so much, in full speeds, beside those that run.

    Memory of a VM, which `update` writes while nobody runs: 0 what its best pair gets done, 1 how many others of its class wait.
    """
    if host.num_running > 0 and gain < least_gain:
        return np.inf, 0.0
    best = gain if host.num_running > 0 else partner * host.vm_memory[vm.slot, 0]
    many = crowd * math.log(1.0 + host.vm_memory[vm.slot, 1])
    return attained * math.log(1.0 + vm.attained_us / host.quantum_us) - best - many, float(vm.queue_place)


@dataclass(frozen=True, kw_only=True)
class PartnerRule(Scheduler):
    """A rule that weighs partners. Its key gets the parameters in the order below, then its own.

    Args:
        least_gain: Gain, its own speed less what the others lose, from which on a VM starts beside others; 0: as much as without it.
        partner: Weight of what the best pair of a VM gets done when the first is chosen.
        crowd: Weight of the logarithm of how many VMs of its class waited when the first was chosen.
        attained: Weight of the logarithm of 1 + its service in quanta: above 0 the young come first.
    """

    waits_on_purpose = True
    needs = ("contention",)
    tunable: ClassVar[dict[str, Range]] = {
        "least_gain": Range(-1.5, 1.0),
        "partner": Range(-2.0, 8.0),
        "crowd": Range(-2.0, 4.0),
        "attained": Range(-2.0, 2.0),
    }

    least_gain: float = 0.0
    partner: float = 1.0
    crowd: float = 0.0
    attained: float = 0.0
