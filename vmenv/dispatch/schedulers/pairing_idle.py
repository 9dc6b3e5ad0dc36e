"""Pairing that may leave a pCPU idle: a VM starts beside others only if that gains enough, and the first is chosen by its best partner.

With nobody running, the VM goes first that could make the best pair with another one that waits, by the speeds of both together, or alone
if no pair gets more done. Beside those that run, the VM with the largest gain is granted, and none if all gain less than `least_gain`.

Source: Snavely and Tullsen, "Symbiotic jobscheduling for a simultaneous multithreading processor", ASPLOS 2000; pairs chosen from all that
wait, Eyerman and Eeckhout, "Probabilistic job symbiosis modeling for SMT processor scheduling", ASPLOS 2010.
Information: clairvoyant: it is told the table of contention. Good where two VMs together get less done than one alone. Fails where the best
pair leaves the others without good company later; `crowd` above 0 lets the classes of which many wait go first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.episodes.ranges import Range
from vmenv.host import columns as c
from vmenv.host.pairs import told_gain
from vmenv.host.state import Floats, State
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


PARTNER_RANGES = {
    "least_gain": Range(-1.5, 1.0),
    "partner": Range(-2.0, 8.0),
    "crowd": Range(-2.0, 4.0),
    "attained": Range(-2.0, 2.0),
}


@SCHEDULERS.register("pairing_idle")
@dataclass(frozen=True, kw_only=True)
class PairingIdle(Scheduler):
    """Pairing by the table of contention, with idling and a look at partners.

    Args:
        least_gain: Gain, its own speed less what the others lose, from which on a VM starts beside others; 0: as much as without it.
        partner: Weight of what the best pair of a VM gets done when the first is chosen.
        crowd: Weight of the logarithm of how many VMs of its class waited when the first was chosen.
        attained: Weight of the logarithm of 1 + its service in quanta: above 0 the young come first.
    """

    information = "clairvoyant"
    source = "Snavely and Tullsen, ASPLOS 2000; Eyerman and Eeckhout, ASPLOS 2010"
    waits_on_purpose = True
    needs = ("contention",)
    tunable: ClassVar[dict[str, Range]] = PARTNER_RANGES

    least_gain: float = 0.0
    partner: float = 1.0
    crowd: float = 0.0
    attained: float = 0.0

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """While nobody runs, looks at all pairs of runnable VMs, if there is contention at all."""
        if s.run[c.NUM_RUNNING] > 0 or s.contention.shape[0] == 0:
            return
        for i in range(s.run[c.TOP_SLOT]):
            s.vm_memory[i, 0], s.vm_memory[i, 1] = ALONE, 0.0
            for j in range(s.run[c.TOP_SLOT]):
                if i != j and s.slots[i, c.STATUS] == c.RUNNABLE and s.slots[j, c.STATUS] == c.RUNNABLE:
                    a, b = s.slots[i, c.VM_CLASS], s.slots[j, c.VM_CLASS]
                    first = max(float(c.FULL_RATE - s.contention[a, b]), float(c.LEAST_RATE))
                    second = max(float(c.FULL_RATE - s.contention[b, a]), float(c.LEAST_RATE))
                    note_pair(s, i, j, (first + second) / c.FULL_RATE)

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus the gain, or what the best pair gets done; infinity if too little is gained."""
        return partner_key(vm, host, told_gain(vm.vm_class, host) / c.FULL_RATE, params[0], params[1], params[2], params[3])
