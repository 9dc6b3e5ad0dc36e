"""What a virtualization manager does to the VMs on a host between decisions: suspend, resume, destroy.

No dispatch environment does any of this; `vmenv.live.manager` does. The clock stands, and what a command changes is changed at once.
"""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host import outcome
from vmenv.host.admission import admit, remove
from vmenv.host.fitting import go_on, leave_waiting
from vmenv.host.memory import leave_order_of_use
from vmenv.host.release import end_grant_now
from vmenv.host.restore import let_go_on
from vmenv.host.state import State, fold
from vmenv.host.storage import abandon_task, slot_of
from vmenv.jit import jittable

SUSPEND, RESUME, DESTROY, WITHDRAW = range(4)  # as the digest names them


@jittable
def suspend(s: State, i: int) -> None:
    """Takes slot `i` out of the run queue, where `resume` puts it back.

    It stays present: it costs, and keeps its image, its devices and its memory, which may be paged out. If it runs, its grant ends now, as
    an arrival would end it: the service it had counts, a start cost that it had no time to pay is owed.
    """
    _note(s, SUSPEND, i)
    if s.front[i, c.STATUS] == c.RUNNING:
        end_grant_now(s, i)
    leave_waiting(s, i)
    s.front[i, c.STATUS] = c.SUSPENDED
    s.front[i, c.STALE] = c.STALE_ALL
    s.run[c.NUM_RUNNABLE] -= 1
    s.slots[i, c.SHORT_MIB] = -s.slots[i, c.SHORT_MIB]


@jittable
def resume(s: State, i: int) -> None:
    """Puts slot `i`, which is suspended, back into the run queue, behind all that are in it; once it has space, if it is short of it."""
    _note(s, RESUME, i)
    if s.slots[i, c.SHORT_MIB] != 0:
        s.slots[i, c.SHORT_MIB] = -s.slots[i, c.SHORT_MIB]
        return
    go_on(s, i)


@jittable
def destroy_early(s: State, i: int) -> None:
    """Destroys the VM in slot `i` before its work is done, whatever it does: memory, image, devices and slot are free at once.

    Its outcome says what it had; it is not completed. It costs no more, and who waits for what it held is admitted.
    """
    _note(s, DESTROY, i)
    if s.front[i, c.STATUS] == c.RUNNING:
        end_grant_now(s, i)
    elif s.front[i, c.STATUS] == c.SUSPENDED:
        s.run[c.NUM_RUNNABLE] += 1
    leave_waiting(s, i)
    if s.slots[i, c.RESIDENT_MIB] > 0:
        leave_order_of_use(s, i)
    vm = s.slots[i, c.VM]
    if s.slots[i, c.KIND] != c.RUN:
        abandon_task(s, i)
        target = slot_of(s, s.slots[i, c.TARGET])
        if s.slots[i, c.KIND] == c.RESTORE and target != c.NOBODY and s.slots[i, c.NUM_GRANTS] > 0 and s.slots[i, c.SNAPSHOT_AT_US] >= 0:
            let_go_on(s, target)
        if s.slots[i, c.KIND] == c.MIGRATE and target != c.NOBODY:
            goes_on = s.slots[target, c.LEAVING] == 1
            s.slots[target, c.LEAVING] = 0
            if goes_on:
                resume(s, target)
    remove(s, i)
    s.outcomes[vm, outcome.COMPLETION_US] = -1
    s.late_rates[vm] = 0.0  # its deadline is none any more
    go_on_without(s)


@jittable
def go_on_without(s: State) -> None:
    """Admits who may have waited for a VM that is gone, and says whether the run is over."""
    admit(s)
    s.run[c.STATE] = c.DONE if s.run[c.NUM_DONE] == s.run[c.NUM_VMS] else c.GOING


@jittable
def _note(s: State, command: int, i: int) -> None:
    fold(s, c.EVENT_COMMAND, command)
    fold(s, c.EVENT_COMMAND, s.slots[i, c.VM])
