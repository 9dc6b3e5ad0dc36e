"""The storage pool, which images and snapshots share, and the maintenance tasks that fill and empty it or move a VM away.

S_pool = sum of S_vm + snapshots: a VM takes its image at admission (`vmenv.host.provisioning`: as it writes) and gives it back, with its
snapshots, at its end. Whoever finds no room waits at the head of the admission queue. A maintenance task stands in the run queue like a VM,
and its TARGET is the VM that it is about:

- SNAPSHOT, S_snapshot = S_vm + dS_vm: taken at its admission. The increment dS is what the VM has written to since its last one
  (`vmenv.host.writes`). The pool must have room for dS; the task's work is to copy it at its disk demand. Until that is done, every page
  that the VM writes to for the first time since must be copied beforehand (copy on write), which its grants pay as a start cost.
- COMPRESS, S_compressed = S_vm (1 - C_ratio), lossless: works through the image at `compress_kib_s` and gives back what it saves.
- MIGRATE: copies the VM's memory at the task's network demand (`vmenv.host.migration`), in its first phase while the VM goes on, in its
  second while the VM is stopped; then the VM is gone from this host, and counts as completed.
- RESTORE: puts the VM back to where its newest complete snapshot was taken (`vmenv.host.restore`).

A task whose VM is gone is done with at once. Pages that a page cache holds back, and the cost of reading what is compressed, are left out.
"""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host import given, outcome
from vmenv.host.migration import precopy
from vmenv.host.state import State
from vmenv.host.writes import KIB_PER_MIB, dirtied_kib
from vmenv.jit import jittable


@jittable
def since_snapshot_kib(s: State, i: int, further_us: int) -> int:
    """Returns what slot `i` has written to since its last snapshot, after `further_us` more of service."""
    service = s.slots[i, c.ATTAINED_US] - s.slots[i, c.SNAPSHOT_AT_US] + further_us
    return int(dirtied_kib(s.slots[i, c.WORKING_SET_MIB], s.slots[i, c.DIRTY_KIB_S], service))


@jittable
def copy_us(s: State, i: int, service_us: int) -> int:
    """Returns what copy on write adds to a grant of slot `i`, which will serve it for `service_us` at the most; rounded up.

    The copies go at the full speed of the disk that the VM is mapped to. They are made beforehand, and once: what a grant that is cut short
    did not come to write to is not copied again.
    """
    if s.slots[i, c.COPYING] == 0:
        return 0
    had = max(s.slots[i, c.COPIED_KIB], since_snapshot_kib(s, i, 0))
    s.slots[i, c.COPIED_KIB] = max(had, since_snapshot_kib(s, i, service_us))
    bandwidth = s.devices[s.slots[i, c.DISK_DEVICE], c.CAPACITY]
    cost = ((s.slots[i, c.COPIED_KIB] - had) * 1_000_000 + bandwidth - 1) // bandwidth
    s.slots[i, c.COPY_US] += cost
    return int(cost)


@jittable
def slot_of(s: State, vm: int) -> int:
    """Returns the slot of a VM, NOBODY if it is not present. It looks at all slots: for what happens once a task."""
    for i in range(s.run[c.TOP_SLOT]):
        if s.slots[i, c.VM] == vm:
            return i
    return c.NOBODY


@jittable
def pool_mib(s: State) -> int:
    """Returns how large the pool is by now."""
    return int(s.host[c.POOL_MIB] + s.run[c.ADDED_MIB])


@jittable
def needs_mib(s: State, vm: int) -> int:
    """Returns what the VM or task at the head of the admission queue takes from the pool."""
    kind = s.vms[vm, given.KIND]
    if kind == c.RUN:
        return 0 if s.host[c.THIN] == 1 else int(s.vms[vm, given.IMAGE_MIB])
    if kind == c.SNAPSHOT:
        return int((since_snapshot_kib(s, slot_of(s, s.vms[vm, given.TARGET]), 0) + KIB_PER_MIB - 1) // KIB_PER_MIB)
    return 0


@jittable
def begin_task(s: State, i: int) -> None:
    """Fixes the work of the task in slot `i`, which has just been admitted, and takes the snapshot if it is one."""
    target, work = slot_of(s, s.slots[i, c.TARGET]), 1  # that of a restore is fixed when it begins
    if s.slots[i, c.KIND] == c.SNAPSHOT:
        work = time_us(since_snapshot_kib(s, target, 0), s.front[i, c.DISK])
        s.slots[target, c.SNAPSHOT_AT_US] = s.slots[i, c.SNAPSHOT_AT_US] = s.slots[target, c.ATTAINED_US]
        s.slots[target, c.COPIED_KIB] = 0
        s.slots[target, c.COPYING] += 1
        s.front[target, c.STALE] |= c.STALE_GRANT
    elif s.slots[i, c.KIND] == c.COMPRESS:
        work = time_us(s.slots[target, c.IMAGE_MIB] * KIB_PER_MIB, s.host[c.COMPRESS_KIB_S])
    elif s.slots[i, c.KIND] == c.MIGRATE:
        written = s.slots[target, c.DIRTY_KIB_S], s.slots[target, c.WORKING_SET_MIB]
        plan = precopy(s.front[target, c.MEMORY], s.front[i, c.NET], written[0], written[1], s.host[c.MOST_DOWN_US])
        work = max(1, plan.copy_us)
        s.slots[i, c.DOWN_US] = max(1, plan.last_us + s.host[c.RESUME_US])
    s.slots[i, c.PHASE_LEFT_US] = work
    s.slots[i, c.SIZE_US] = work + s.slots[i, c.DOWN_US]


@jittable
def finish_task(s: State, i: int) -> None:
    """Does what the task in slot `i`, whose work is done, was for; its VM may be gone by now. What it holds of the pool is settled.

    To take a migrated VM off the host is left to who called this.
    """
    target = slot_of(s, s.slots[i, c.TARGET])
    if target == c.NOBODY:
        s.run[c.POOL_FREE_MIB] += s.slots[i, c.IMAGE_MIB]
    elif s.slots[i, c.KIND] == c.SNAPSHOT:
        s.slots[target, c.COPYING] -= 1
        s.front[target, c.STALE] |= c.STALE_GRANT
        s.outcomes[s.slots[i, c.VM], outcome.STORED_MIB] = s.slots[i, c.IMAGE_MIB]
        s.slots[target, c.SNAPSHOTS_MIB] += s.slots[i, c.IMAGE_MIB]
        if s.slots[i, c.SNAPSHOT_AT_US] <= s.slots[target, c.ATTAINED_US]:
            s.slots[target, c.KEPT_AT_US] = max(s.slots[target, c.KEPT_AT_US], s.slots[i, c.SNAPSHOT_AT_US])
        _delete_oldest(s, target)
        s.slots[i, c.STORED_MIB] = s.outcomes[s.slots[i, c.VM], outcome.STORED_MIB]
    elif s.slots[i, c.KIND] == c.COMPRESS:
        # Rounded down: what is saved is not more than the ratio says.
        saved = s.slots[target, c.IMAGE_MIB] * s.slots[target, c.SAVING] // 1000
        s.slots[target, c.IMAGE_MIB] -= saved
        s.slots[target, c.SAVING] = 0  # what is compressed cannot be compressed again
        s.slots[i, c.STORED_MIB] = saved
        s.run[c.POOL_FREE_MIB] += saved
    s.slots[i, c.IMAGE_MIB] = 0


@jittable
def abandon_task(s: State, i: int) -> None:
    """Lets the task in slot `i` end without having been of use."""
    target = slot_of(s, s.slots[i, c.TARGET])
    if target != c.NOBODY and s.slots[i, c.KIND] == c.SNAPSHOT:
        s.slots[target, c.COPYING] -= 1
        s.front[target, c.STALE] |= c.STALE_GRANT
    s.run[c.POOL_FREE_MIB] += s.slots[i, c.IMAGE_MIB]
    s.slots[i, c.IMAGE_MIB] = 0


@jittable
def _delete_oldest(s: State, target: int) -> None:
    """Deletes the oldest snapshots of the VM in slot `target` if it has more than are kept. They are as old as their tasks' numbers say."""
    if s.host[c.SNAPSHOTS_KEPT] > 0:
        kept = 0
        for task in range(s.run[c.NEXT_ADMISSION] - 1, -1, -1):
            of_target = s.vms[task, given.TARGET] == s.slots[target, c.VM]
            stored = s.outcomes[task, outcome.STORED_MIB]
            if of_target and s.vms[task, given.KIND] == c.SNAPSHOT and stored > 0:
                kept += 1
                if kept > s.host[c.SNAPSHOTS_KEPT]:
                    s.outcomes[task, outcome.STORED_MIB] = 0
                    s.slots[target, c.SNAPSHOTS_MIB] -= stored
                    s.run[c.POOL_FREE_MIB] += stored


@jittable
def time_us(size_kib: int, speed_kib_s: int) -> int:
    """Returns the time to get through a size, rounded up, and one microsecond at the least."""
    if speed_kib_s == 0:
        return 1
    return int(max(1, (size_kib * 1_000_000 + speed_kib_s - 1) // speed_kib_s))
