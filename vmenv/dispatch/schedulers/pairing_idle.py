"""Pairing that may leave a pCPU idle: a VM starts beside others only if that gains enough, and the first is chosen by its best partner.

With nobody running, the VM goes first that could make the best pair with another one that waits, by the speeds of both together, or alone
if no pair gets more done. Beside those that run, the VM with the largest gain is granted, and none if all gain less than `least_gain`.

Source: Snavely and Tullsen, "Symbiotic jobscheduling for a simultaneous multithreading processor", ASPLOS 2000; pairs chosen from all that
wait, Eyerman and Eeckhout, "Probabilistic job symbiosis modeling for SMT processor scheduling", ASPLOS 2010.
Information: clairvoyant: it is told the table of contention. Good where two VMs together get less done than one alone. Fails where the best
pair leaves the others without good company later; `crowd` above 0 lets the classes of which many wait go first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.scheduler import SCHEDULERS
from vmenv.dispatch.schedulers._partners import ALONE, PartnerRule, note_pair, partner_key
from vmenv.host import columns as c
from vmenv.host.pairs import told_gain
from vmenv.host.state import Floats, State


@SCHEDULERS.register("pairing_idle")
@dataclass(frozen=True, kw_only=True)
class PairingIdle(PartnerRule):
    """Pairing by the table of contention, with idling and a look at partners. See `PartnerRule` for what it takes."""

    information = "clairvoyant"
    source = "Snavely and Tullsen, ASPLOS 2000; Eyerman and Eeckhout, ASPLOS 2010"

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
                    first = max(float(c.FULL_RATE - s.contention[a, b]), float(c.LEAST_RATE))
                    second = max(float(c.FULL_RATE - s.contention[b, a]), float(c.LEAST_RATE))
                    note_pair(s, i, j, (first + second) / c.FULL_RATE)

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus the gain, or what the best pair gets done; infinity if too little is gained."""
        return partner_key(vm, host, told_gain(vm.vm_class, host) / c.FULL_RATE, params[0], params[1], params[2], params[3])
