"""Restore: a maintenance task after which a VM is where its newest complete snapshot was taken; what it has done since is to be done again.

Without a complete snapshot it is back at its beginning, with the image that it was created from.

The task's first grant stops the VM. Its work is to copy back what the VM has written to since, W (1 - exp(-w t / W)), at the task's disk
demand. Then the VM goes on, in the memory of its phase anew. A snapshot that is being copied meanwhile goes on too, but nobody goes forward
to it: only what was taken at no more service than the VM has when it is complete counts.

A task that finds its VM stopped by another one has nothing to do.
"""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host.fitting import go_on, leave_waiting
from vmenv.host.memory import leave_order_of_use
from vmenv.host.phases import go_back
from vmenv.host.release import end_grant_now
from vmenv.host.state import State
from vmenv.host.storage import slot_of, time_us
from vmenv.host.writes import dirtied_kib
from vmenv.jit import jittable


@jittable
def begin_restore(s: State, i: int) -> None:
    """Stops the VM that the task in slot `i`, which is about to be granted for the first time, is about; fixes the work."""
    target = slot_of(s, s.slots[i, c.TARGET])
    s.slots[i, c.SNAPSHOT_AT_US] = -1
    if target != c.NOBODY and s.slots[target, c.LEAVING] == 0:
        if s.front[target, c.STATUS] == c.RUNNING:
            end_grant_now(s, target)
        s.slots[target, c.LEAVING] = 1 if s.front[target, c.STATUS] == c.RUNNABLE or s.slots[target, c.SHORT_MIB] > 0 else 2
        if s.front[target, c.STATUS] == c.RUNNABLE:
            leave_waiting(s, target)
            s.front[target, c.STATUS] = c.SUSPENDED
            s.run[c.NUM_RUNNABLE] -= 1
        s.front[target, c.STALE] = c.STALE_ALL
        s.slots[i, c.SNAPSHOT_AT_US] = s.slots[target, c.KEPT_AT_US]
        since = s.slots[target, c.ATTAINED_US] - s.slots[target, c.KEPT_AT_US]
        written = dirtied_kib(s.slots[target, c.WORKING_SET_MIB], s.slots[target, c.DIRTY_KIB_S], since)
        s.slots[i, c.PHASE_LEFT_US] = s.slots[i, c.SIZE_US] = time_us(written, s.front[i, c.DISK])


@jittable
def finish_restore(s: State, i: int) -> None:
    """Puts the VM back, if it is still there and was stopped for this."""
    target = slot_of(s, s.slots[i, c.TARGET])
    if target != c.NOBODY and s.slots[i, c.SNAPSHOT_AT_US] >= 0:
        at = s.slots[i, c.SNAPSHOT_AT_US]
        s.slots[target, c.LOST_US] += s.slots[target, c.ATTAINED_US] - at
        go_back(s, target, at)
        s.slots[target, c.SNAPSHOT_AT_US] = at
        s.slots[target, c.COPIED_KIB] = s.slots[target, c.PROGRESS] = s.slots[target, c.START_DEBT_US] = 0
        if s.slots[target, c.RESIDENT_MIB] > 0:
            leave_order_of_use(s, target)
        s.run[c.MEMORY_RESIDENT_MIB] -= s.slots[target, c.RESIDENT_MIB]
        s.slots[target, c.RESIDENT_MIB] = s.slots[target, c.SWAPPED_MIB] = 0
        let_go_on(s, target)


@jittable
def let_go_on(s: State, target: int) -> None:
    """Ends what `begin_restore` began: slot `target` is back in the run queue, unless it stands for another reason too."""
    goes_on = s.slots[target, c.LEAVING] == 1 and s.slots[target, c.SHORT_MIB] == 0
    s.slots[target, c.LEAVING] = 0
    if goes_on:
        go_on(s, target)
