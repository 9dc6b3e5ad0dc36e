"""Pairing that may leave a pCPU idle, learned: as pairing_idle, by what the run has shown of contention in place of the table.

What has not been seen is taken to lose `unseen` thousandths; below what is true on the average, everything is tried.

Source: sampling of co-schedules, Snavely and Tullsen, "Symbiotic jobscheduling for a simultaneous multithreading processor", ASPLOS 2000;
optimism as in Auer, Cesa-Bianchi and Fischer, "Finite-time analysis of the multiarmed bandit problem", Machine Learning 47, 2002.
Information: demands. Good where the same classes meet often. Fails where more than two VMs run nearly always: only pairs teach; and what
looked bad once is not tried again, though it may have been a short look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.scheduler import SCHEDULERS
from vmenv.dispatch.schedulers._partners import ALONE, PartnerRule, note_pair, partner_key
from vmenv.dispatch.schedulers.pairing_learned import SHRINKING_RANGES
from vmenv.episodes.ranges import Range
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.pairs import TRIED_US, shrunk_gain, shrunk_loss
from vmenv.host.state import Floats, State
from vmenv.jit import jittable


@jittable
def speed(a: int, b: int, s: State, params: Floats) -> float:
    """Returns the part of its speed that class `a` would seem to keep beside one VM of class `b`."""
    return max(c.FULL_RATE - shrunk_loss(a, b, s, params[4], params[5]), float(c.LEAST_RATE)) / c.FULL_RATE


@SCHEDULERS.register("pairing_idle_learned")
@dataclass(frozen=True, kw_only=True)
class PairingIdleLearned(PartnerRule):
    """Pairing by what the run has shown, with idling and a look at partners. See `PartnerRule` for what else it takes.

    Args:
        unseen: Thousandths of its speed that a VM is taken to lose to a neighbour of a class that it was not seen beside.
        tried_us: Service of a pair after which what was seen counts half.
    """

    information = "demands"
    source = "Snavely and Tullsen, ASPLOS 2000"
    tunable: ClassVar[dict[str, Range]] = PartnerRule.tunable | SHRINKING_RANGES

    unseen: float = 0.0
    tried_us: float = float(TRIED_US)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.tried_us > 0:
            raise SpecError(f"PairingIdleLearned.tried_us is {self.tried_us}: give a time above 0")

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """While nobody runs, looks at all pairs of runnable VMs, if there is contention at all."""
        if s.run[c.NUM_RUNNING] > 0 or s.contention.shape[0] == 0:
            return
        for i in range(s.run[c.TOP_SLOT]):
            s.vm_memory[i, 0], s.vm_memory[i, 1] = ALONE, 0.0
            for j in range(s.run[c.TOP_SLOT]):
                if i != j and s.front[i, c.STATUS] == c.RUNNABLE and s.front[j, c.STATUS] == c.RUNNABLE:
                    a, b = s.slots[i, c.VM_CLASS], s.slots[j, c.VM_CLASS]
                    note_pair(s, i, j, speed(a, b, s, params) + speed(b, a, s, params))

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus the gain, or what the best pair gets done; infinity if too little is gained."""
        gain = shrunk_gain(vm.vm_class, host, params[4], params[5]) / c.FULL_RATE
        return partner_key(vm, host, gain, params[0], params[1], params[2], params[3])
