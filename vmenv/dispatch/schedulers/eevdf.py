"""EEVDF, earliest eligible virtual deadline first: of those that have not had more than their share, the one whose slice is due first.

Virtual time V is the weighted mean of the virtual runtimes of the VMs present; a VM is eligible while its own is not above V, and its
deadline is where its slice will have taken it. A VM that arrives begins at V, with no lag.

Source: Stoica and Abdel-Wahab (1995), "Earliest eligible virtual deadline first", TR-95-22, Old Dominion University; Linux 6.6,
kernel/sched/fair.c: base slice 0.70 ms times 1 + ilog2(min(cpus, 8)).
Information: weights. The lag stays within one slice. Fails, like every fair share, for the mean response time of sizes that vary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.scheduler import SCHEDULERS, Range, Scheduler
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.state import Floats, State


@SCHEDULERS.register("eevdf")
@dataclass(frozen=True, kw_only=True)
class Eevdf(Scheduler):
    """Earliest eligible virtual deadline first.

    Args:
        slice_us: Length of a request on one pCPU.
    """

    information = "weights"
    source = "Stoica and Abdel-Wahab, TR-95-22, 1995; Linux 6.6, kernel/sched/fair.c"
    tunable: ClassVar[dict[str, Range]] = {"slice_us": Range(1e2, 1e8, logarithmic=True)}

    slice_us: float = 700.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.slice_us <= 0:
            raise SpecError(f"Eevdf.slice_us is {self.slice_us}: give a number above 0")

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Memory of a VM: 0 joined, 1 V when it joined, 2 virtual deadline, 3 its virtual runtime now. Of the run: 0 virtual time V."""
        request, processors = params[0], min(s.devices[c.CPU, c.CAPACITY] // 1000, 8)
        while processors > 1:
            request, processors = request + params[0], processors // 2
        weighted, weights = 0.0, 0.0
        for i in range(s.run[c.TOP_SLOT]):
            if s.slots[i, c.STATUS] != c.EMPTY and s.vm_memory[i, 0] == 1.0:
                weight = s.slots[i, c.WEIGHT]
                s.vm_memory[i, 3] = s.vm_memory[i, 1] + s.slots[i, c.ATTAINED_US] / weight
                weighted += weight * s.vm_memory[i, 3]
                weights += weight
        if weights > 0.0:
            s.run_memory[0] = weighted / weights
        for i in range(s.run[c.TOP_SLOT]):
            if s.slots[i, c.STATUS] != c.EMPTY:
                if s.vm_memory[i, 0] == 0.0:
                    s.vm_memory[i, 0] = 1.0
                    s.vm_memory[i, 1] = s.run_memory[0]
                    s.vm_memory[i, 2] = s.vm_memory[i, 3] = s.run_memory[0]
                if s.vm_memory[i, 3] >= s.vm_memory[i, 2]:
                    s.vm_memory[i, 2] = s.vm_memory[i, 3] + request / s.slots[i, c.WEIGHT]

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """The eligible first, by deadline. Rounding must not make the mean of equals smaller than they are."""
        runtime, virtual_time = host.vm_memory[vm.slot, 3], host.run_memory[0]
        late = 0.0 if runtime <= virtual_time + 1e-9 * abs(virtual_time) else 1.0
        return late, host.vm_memory[vm.slot, 2]
