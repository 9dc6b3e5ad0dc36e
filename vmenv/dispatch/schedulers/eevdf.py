"""EEVDF, earliest eligible virtual deadline first: of those that have not had more than their share, the one whose slice is due first.

Virtual time V is the weighted mean of the virtual runtimes of the VMs present; a VM is eligible while its own is not above V, and its
deadline is where its slice will have taken it. A VM that arrives begins at V, with no lag, and its first slice is half as long. Who was
picked goes on until its slice is served, whether it is still eligible or not; only a newcomer may interrupt it, who must be due before all
others that are eligible, and only when it is not eligible any more.

Source: Stoica and Abdel-Wahab (1995), "Earliest eligible virtual deadline first", TR-95-22, Old Dominion University; Linux 6.6,
kernel/sched/fair.c: place_entity (PLACE_LAG, PLACE_DEADLINE_INITIAL), update_deadline, pick_eevdf (RUN_TO_PARITY), check_preempt_wakeup;
sysctl_sched_base_slice 0.75 ms (0.70 ms since 6.15) times 1 + ilog2(min(cpus, 8)). The host's quantum is the tick at which this is looked
at. All pCPUs share one queue here, and nobody sleeps, so that lag is never carried over a sleep. Who is picked again after its slice is
protected again, as in kernels without group scheduling.
Information: weights. The lag stays within one slice. Fails, like every fair share, for the mean response time of sizes that vary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.episodes.ranges import Range
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.state import Floats, State
from vmenv.jit import jittable

WAITS, GOES_ON = 1.0, 2.0  # beside them: 3 + the time at which its slice was over, - 1 - the time at which it came


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

    slice_us: float = 750.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.slice_us <= 0:
            raise SpecError(f"Eevdf.slice_us is {self.slice_us}: give a number above 0")

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Memory of a VM: 0 how it stands, 1 V when it joined, 2 its deadline, 3 its virtual runtime now. Of the run: 0 V."""
        request, processors = params[0], min(s.devices[c.CPU, c.CAPACITY] // 1000, 8)
        while processors > 1:
            request, processors = request + params[0], processors // 2
        weighted, weights = 0.0, 0.0
        for i in range(s.run[c.TOP_SLOT]):
            if s.front[i, c.STATUS] != c.EMPTY and s.vm_memory[i, 0] != 0.0:
                weight = s.slots[i, c.WEIGHT]
                s.vm_memory[i, 3] = s.vm_memory[i, 1] + s.slots[i, c.ATTAINED_US] / weight
                weighted += weight * s.vm_memory[i, 3]
                weights += weight
        if weights > 0.0:
            s.run_memory[0] = weighted / weights
        now = s.run[c.CLOCK_US]
        for i in range(s.run[c.TOP_SLOT]):
            if s.front[i, c.STATUS] == c.EMPTY:
                continue
            weight = s.slots[i, c.WEIGHT]
            if s.vm_memory[i, 0] == 0.0:
                s.vm_memory[i, 0] = -1.0 - now
                s.vm_memory[i, 1] = s.run_memory[0] - s.slots[i, c.ATTAINED_US] / weight
                s.vm_memory[i, 3] = s.run_memory[0]
                s.vm_memory[i, 2] = s.run_memory[0] + request / weight / 2.0
            elif s.vm_memory[i, 3] >= s.vm_memory[i, 2]:
                s.vm_memory[i, 0] = 3.0 + now
                s.vm_memory[i, 2] = s.vm_memory[i, 3] + request / weight
            elif s.vm_memory[i, 0] != 3.0 + now and s.vm_memory[i, 0] != -1.0 - now:
                s.vm_memory[i, 0] = GOES_ON if s.slots[i, c.LAST_END_US] == now else WAITS
        _preempt(s)

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Whose slice goes on comes first; then the eligible, by deadline."""
        if host.vm_memory[vm.slot, 0] == GOES_ON:
            return 0.0, host.vm_memory[vm.slot, 2]
        return 1.0 if is_eligible(host.vm_memory[vm.slot, 3], host.run_memory[0]) else 2.0, host.vm_memory[vm.slot, 2]


@jittable
def is_eligible(runtime: float, virtual_time: float) -> bool:
    """Returns whether a virtual runtime is not above virtual time. Rounding must not make the mean of equals smaller than they are."""
    return bool(runtime <= virtual_time + 1e-9 * abs(virtual_time))


@jittable
def _preempt(s: State) -> None:
    """Takes the turn from those that are not eligible any more if a newcomer is due before all others that are."""
    newcomer, other = np.inf, np.inf
    for i in range(s.run[c.TOP_SLOT]):
        if s.front[i, c.STATUS] == c.RUNNABLE and s.vm_memory[i, 0] != GOES_ON:
            if s.vm_memory[i, 0] < 0.0:
                newcomer = min(newcomer, s.vm_memory[i, 2])
            elif is_eligible(s.vm_memory[i, 3], s.run_memory[0]):
                other = min(other, s.vm_memory[i, 2])
    if newcomer < other:
        for i in range(s.run[c.TOP_SLOT]):
            if s.vm_memory[i, 0] == GOES_ON and not is_eligible(s.vm_memory[i, 3], s.run_memory[0]):
                s.vm_memory[i, 0] = WAITS
