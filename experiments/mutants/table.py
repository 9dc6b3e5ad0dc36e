"""The mutants: one line of the simulator each, changed so that the model is another one. None is equivalent to the original."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.mutants.mutant import Mutant

# file -> (what is wrong, old text, new text)
_TABLE: dict[str, list[tuple[str, str, str]]] = {
    "vmenv/host/dynamics.py": [
        ("space is added at once", "s.run[c.CLOCK_US] + s.host[c.RESCUE_US]", "s.run[c.CLOCK_US]"),
        ("the switch cost is forgotten", "start_cost += s.host[c.SWITCH_US]", "start_cost += 0"),
        ("a switch is paid although the VM goes on", "if s.slots[i, c.LAST_END_US] != now:", "if True:"),
        ("a debt is paid twice", "start_cost = s.slots[i, c.START_DEBT_US]", "start_cost = 2 * s.slots[i, c.START_DEBT_US]"),
        ("a reload is not paid", "start_cost += s.host[c.RELOAD_US]", "start_cost += 0"),
        (
            "a reload leaves nobody loaded",
            "s.run[c.LAST_TENANT] = s.slots[i, c.TENANT]",
            "s.run[c.LAST_TENANT] = c.NOBODY",
        ),
        ("paging takes no time", "start_cost += paging_us(s, make_resident(s, i))", "make_resident(s, i)"),
        (
            "the switch cost eats up the quantum",
            "service = min(service, s.host[c.QUANTUM_US])",
            "service = min(service, max(1, s.host[c.QUANTUM_US] - s.host[c.SWITCH_US]))",
        ),
        (
            "quanta end grants that nothing may preempt",
            "if s.host[c.PREEMPT] != c.PREEMPT_NONE:\n        service",
            "if True:\n        service",
        ),
        ("copies on write are not paid", "start_cost += copy_us(s, i, service)", "copy_us(s, i, service)"),
        (
            "rates stay when a VM is put on",
            "s.neighbours[s.slots[i, c.VM_CLASS]] += 1\n        set_rates(s)",
            "s.neighbours[s.slots[i, c.VM_CLASS]] += 1\n        set_rate(s, i)",
        ),
        ("rates stay when a grant ends", "_queue_again(s)\n        set_rates(s)", "_queue_again(s)"),
        ("progress before an arrival is lost", "_pass_time(s, now)\n        count_progress(s)", "_pass_time(s, now)"),
        ("a VM that leaves is granted while the rest is copied", "leave_waiting(s, i)\n            _suspend(s, i)", "pass"),
        (
            "a VM that leaves runs on to the end of its quantum",
            "s.slots[i, c.END_US] = s.run[c.CLOCK_US]\n            order_running(s)",
            "pass",
        ),
        ("a VM that leaves queues again", "if s.slots[i, c.LEAVING] == 0 and s.slots[i, c.SHORT_MIB] == 0:", "if True:"),
        ("what falls on the horizon does not happen", "if now > s.host[c.HORIZON_US]:", "if now >= s.host[c.HORIZON_US]:"),
        (
            "an arrival does not preempt",
            "if s.host[c.PREEMPT] == c.PREEMPT_ARRIVAL and s.run[c.NEXT_ARRIVAL_US] == now:",
            "if False:",
        ),
        (
            "an arrival preempts whatever the mode",
            "if s.host[c.PREEMPT] == c.PREEMPT_ARRIVAL and s.run[c.NEXT_ARRIVAL_US] == now:",
            "if s.run[c.NEXT_ARRIVAL_US] == now:",
        ),
        (
            "who had the quantum stands before the arrivals of the instant",
            "arrive(s)\n        admit(s)\n        _queue_again(s)",
            "_queue_again(s)\n        arrive(s)\n        admit(s)",
        ),
        (
            "arrivals come before the ends of the instant",
            "_end_grants(s)\n        arrive(s)\n        admit(s)",
            "arrive(s)\n        admit(s)\n        _end_grants(s)",
        ),
        (
            "nobody is admitted when a slot becomes free",
            "arrive(s)\n        admit(s)",
            "if s.run[c.NEXT_ARRIVAL_US] == now:\n            arrive(s)\n            admit(s)",
        ),
        ("a deadline that passes costs nothing", "if s.outcomes[vm, outcome.COMPLETION_US] == -1:", "if False:"),
        ("a deadline of this instant passes later", "while s.run[c.NEXT_DEADLINE_US] <= now:", "while s.run[c.NEXT_DEADLINE_US] < now:"),
        (
            "the mapped demand of the last phase stays",
            "add_demand(s, i, c.MAPPED, -1)\n        enter_phase",
            "enter_phase",
        ),
        (
            "VMs whose quanta end at one instant queue in the reverse order",
            "i = s.lists[c.ENDED_LIST, k]",
            "i = s.lists[c.ENDED_LIST, s.run[c.NUM_ENDED] - 1 - k]",
        ),
        ("memory does not shrink at a phase border", "shrink(s, i)\n", "pass\n"),
    ],
    "vmenv/host/release.py": [
        ("a start cost that was cut is not owed", "max(0, s.slots[i, c.SERVICE_US] - now)", "0"),
        (
            "a cut start cost counts as negative service",
            "served = max(0, now - s.slots[i, c.SERVICE_US])",
            "served = now - s.slots[i, c.SERVICE_US]",
        ),
        ("a VM that is suspended while running is never paged out", "    enter_order_of_use(s, i)\n", ""),
    ],
    "vmenv/host/running.py": [
        (
            "grants that end at one instant end in the reverse order",
            "return bool(s.slots[i, c.VM] < s.slots[j, c.VM])",
            "return bool(s.slots[i, c.VM] > s.slots[j, c.VM])",
        ),
    ],
    "vmenv/host/admission.py": [
        (
            "only one VM arrives at an instant",
            "while s.run[c.NEXT_ARRIVAL_US] == s.run[c.CLOCK_US]:",
            "if s.run[c.NEXT_ARRIVAL_US] == s.run[c.CLOCK_US]:",
        ),
        (
            "a VM that finds no slot costs nothing",
            "s.costs[c.COST_RATE] += s.cost_rates[s.run[c.NEXT_ARRIVAL]]",
            "s.costs[c.COST_RATE] += s.cost_rates[s.run[c.NEXT_ARRIVAL]] * (s.run[c.NUM_FREE] > 0)",
        ),
        (
            "an image that just fits the pool does not",
            "needs_mib(s, vm) > s.run[c.POOL_FREE_MIB]",
            "needs_mib(s, vm) >= s.run[c.POOL_FREE_MIB]",
        ),
        (
            "an image is not given back",
            "s.run[c.POOL_FREE_MIB] += s.slots[i, c.IMAGE_MIB] + s.slots[i, c.SNAPSHOTS_MIB]",
            "s.run[c.POOL_FREE_MIB] += s.slots[i, c.SNAPSHOTS_MIB]",
        ),
        (
            "snapshots are not given back",
            "s.run[c.POOL_FREE_MIB] += s.slots[i, c.IMAGE_MIB] + s.slots[i, c.SNAPSHOTS_MIB]",
            "s.run[c.POOL_FREE_MIB] += s.slots[i, c.IMAGE_MIB]",
        ),
        ("a task goes on although its VM is gone", "_skip(s, vm)\n            continue", "_skip(s, vm)\n            return"),
        ("the memory of a VM that left can be paged out", "leave_order_of_use(s, target)", "pass"),
        (
            "a VM that is admitted goes to the front of the queue",
            "take_place(s, i)\n    fold(s, c.EVENT_ADMISSION, vm)",
            "join_waiting(s, i)\n    fold(s, c.EVENT_ADMISSION, vm)",
        ),
        ("the memory of a finished VM stays resident", "s.run[c.MEMORY_RESIDENT_MIB] -= s.slots[i, c.RESIDENT_MIB]", "pass"),
        ("the demand of a finished VM stays mapped", "add_demand(s, i, c.MAPPED, -1)", "pass"),
        (
            "who is done at the deadline goes on costing",
            "s.vms[vm, given.SLO_US] <= s.run[c.CLOCK_US]:",
            "s.vms[vm, given.SLO_US] < s.run[c.CLOCK_US]:",
        ),
    ],
    "vmenv/host/contention.py": [
        ("a VM disturbs itself", "s.neighbours[a] -= 1\n", "pass\n"),
        ("who is disturbed and who disturbs are taken for each other", "s.contention[a, b]", "s.contention[b, a]"),
        ("a start cost counts as progress", "now - max(s.slots[i, c.SINCE_US], s.slots[i, c.SERVICE_US])", "now - s.slots[i, c.SINCE_US]"),
        ("an end is rounded down", "(left + s.slots[i, c.RATE] - 1) // s.slots[i, c.RATE]", "left // s.slots[i, c.RATE]"),
        ("thousandths are lost at the end of a grant", "s.slots[i, c.PROGRESS] -= done * c.FULL_RATE", "s.slots[i, c.PROGRESS] = 0"),
        ("thousandths go over into the next phase", "s.slots[i, c.PROGRESS] = 0  # the", "pass  # the"),
        ("there is no least rate", "return int(max(rate, c.LEAST_RATE))", "return int(max(rate, 1))"),
    ],
    "vmenv/host/provisioning.py": [
        ("a VM takes more than its image", "short = min(image, (written", "short = min(c.NEVER, (written"),
        ("what was taken before is taken again", "- s.slots[i, c.TAKEN_MIB]", "- 0"),
        ("a pool with just enough room has none", "if short <= s.run[c.POOL_FREE_MIB]:", "if short < s.run[c.POOL_FREE_MIB]:"),
        (
            "the first that stands holds up the others",
            "if abs(s.slots[i, c.SHORT_MIB]) <= s.run[c.POOL_FREE_MIB]:",
            "if abs(s.slots[i, c.SHORT_MIB]) > s.run[c.POOL_FREE_MIB]:\n            return\n        if True:",
        ),
        ("who is suspended goes on with the space", "goes_on = s.slots[i, c.SHORT_MIB] > 0", "goes_on = True"),
        (
            "those that stand are fed in the reverse order",
            "s.slots[i, c.VM] < s.slots[found, c.VM]",
            "s.slots[i, c.VM] > s.slots[found, c.VM]",
        ),
        ("all that the first needs is added", "c.SHORT_MIB]) - s.run[c.POOL_FREE_MIB]\n", "c.SHORT_MIB])\n"),
    ],
    "vmenv/host/restore.py": [
        (
            "a restore goes on with the memory that there was",
            "s.slots[target, c.RESIDENT_MIB] = s.slots[target, c.SWAPPED_MIB] = 0",
            "pass",
        ),
        (
            "what has been written to before the snapshot is copied back too",
            "s.slots[target, c.ATTAINED_US] - s.slots[target, c.KEPT_AT_US]\n",
            "s.slots[target, c.ATTAINED_US]\n",
        ),
        ("a restored VM stands for ever", "goes_on = s.slots[target, c.LEAVING] == 1 and", "goes_on = s.slots[target, c.LEAVING] == 2 and"),
        ("what is lost is not counted", "s.slots[target, c.LOST_US] += s.slots[target, c.ATTAINED_US] - at", "pass"),
    ],
    "vmenv/host/phases.py": [
        ("exits cost no CPU", "s.slots[i, c.CPU] += exits_millicores(s, i)", "pass"),
        ("a border that is reached is not passed", "while left >= s.phases", "while left > s.phases"),
    ],
    "vmenv/host/storage.py": [
        (
            "a snapshot does not begin anew what has been written to",
            "s.slots[target, c.SNAPSHOT_AT_US] = s.slots[i, c.SNAPSHOT_AT_US] = s.slots[target, c.ATTAINED_US]",
            "s.slots[i, c.SNAPSHOT_AT_US] = s.slots[target, c.ATTAINED_US]",
        ),
        (
            "copies are made again and again",
            "had = max(s.slots[i, c.COPIED_KIB], since_snapshot_kib(s, i, 0))",
            "had = since_snapshot_kib(s, i, 0)",
        ),
        ("copies are made before there is a snapshot", "if s.slots[i, c.COPYING] == 0:", "if False:"),
        (
            "copies are made when the snapshot is complete",
            "s.slots[target, c.COPYING] -= 1\n        s.slots[target, c.STALE] |= c.STALE_GRANT\n        s.outcomes",
            "s.outcomes",
        ),
        (
            "a snapshot takes no room",
            "s.slots[target, c.SNAPSHOTS_MIB] += s.slots[i, c.IMAGE_MIB]",
            "s.run[c.POOL_FREE_MIB] += s.slots[i, c.IMAGE_MIB]",
        ),
        ("one snapshot more is kept", "if kept > s.host[c.SNAPSHOTS_KEPT]:", "if kept > s.host[c.SNAPSHOTS_KEPT] + 1:"),
        ("what is compressed is compressed again", "s.slots[target, c.SAVING] = 0", "pass"),
        ("compression gives no room", "s.run[c.POOL_FREE_MIB] += saved", "pass"),
        (
            "writes are not distinct",
            "return int(whole - (whole * remains >> BITS))",
            "return int(min(whole, dirty_kib_s * service_us // 1_000_000))",
        ),
    ],
    "vmenv/host/migration.py": [
        ("a round leaves nothing", "left = (dirty_kib_s * round_us + 999_999) // 1_000_000", "left = 0"),
        ("a migration that does not converge goes on", "and left < before ", ""),
        ("a VM is stopped at once", "(rounds == 0 or _time_us(left, bandwidth_kib_s) > most_down_us)", "rounds == 0"),
    ],
    "vmenv/host/memory.py": [
        ("who ran last is paged out first", "_page_out(s, s.run[c.LEAST_RECENT])", "_page_out(s, s.run[c.MOST_RECENT])"),
        ("paging time is rounded down", "(moved_mib * 1_024_000_000 + speed - 1) // speed", "(moved_mib * 1_024_000_000) // speed"),
        ("paging in takes no time", "return int(moved + paged_in)", "return int(moved)"),
        ("paging out takes no time", "return int(moved + paged_in)", "return int(paged_in)"),
        ("what was paged out is forgotten", "s.slots[victim, c.SWAPPED_MIB] = paged_out", "s.slots[victim, c.SWAPPED_MIB] = 0"),
        ("pages out count as pages in", "s.slots[i, c.PAGED_IN_MIB] += paged_in", "s.slots[i, c.PAGED_IN_MIB] += moved"),
    ],
    "vmenv/host/fitting.py": [
        (
            "a demand that takes all the free CPU does not fit",
            "(cpu - s.slots[i, c.CPU])",
            "(cpu - 1 - s.slots[i, c.CPU])",
        ),
        (
            "a demand that takes all the free memory does not fit",
            "(memory - s.slots[i, c.MEMORY])",
            "(memory - 1 - s.slots[i, c.MEMORY])",
        ),
        (
            "a demand that takes all the free disk bandwidth does not fit",
            "(disk - s.slots[i, c.DISK])",
            "(disk - 1 - s.slots[i, c.DISK])",
        ),
        (
            "a demand that takes all the free network bandwidth does not fit",
            "(net - s.slots[i, c.NET])",
            "(net - 1 - s.slots[i, c.NET])",
        ),
        ("nothing fits where only all the free CPU would do", "(cpu[i] <= free.cpu)", "(cpu[i] < free.cpu)"),
        (
            "a VM looks for room on the first disk, wherever it is mapped",
            "disk, nic = s.slots[i, c.DISK_DEVICE], s.slots[i, c.NIC_DEVICE]",
            "disk, nic = 1, s.slots[i, c.NIC_DEVICE]",
        ),
        ("only the least free disk counts", "most = max(most, s.devices[device, c.FREE])", "most = min(most, s.devices[device, c.FREE])"),
        ("any disk with room will do", "if some and not one_of_each(s):", "if False:"),
        (
            "nobody is paged out for a VM",
            "s.host[c.MEMORY_MIB] - s.run[c.MEMORY_RUNNING_MIB]",
            "s.host[c.MEMORY_MIB] - s.run[c.MEMORY_RESIDENT_MIB]",
        ),
        (
            "who runs, or is suspended, fits",
            "return bool((left >= 0) & (s.slots[i, c.STATUS] == c.RUNNABLE))",
            "return bool(left >= 0)",
        ),
        (
            "only the first 16 slots of a block are looked at",
            "range(block * c.BLOCK, end_of_block(s, block), c.LANES)",
            "range(block * c.BLOCK, min(end_of_block(s, block), block * c.BLOCK + 1), c.LANES)",
        ),
        ("only the first 64 slots are looked at", "return int((s.run[c.TOP_SLOT] + c.BLOCK - 1) // c.BLOCK)", "return 1"),
        ("the least key of a block stays when its VM is granted", "<= s.least_keys[i // c.BLOCK]:", "< s.least_keys[i // c.BLOCK]:"),
        (
            "the least key of a block stays when a VM becomes runnable",
            "= s.least_keys[i // c.BLOCK] = c.UNKNOWN_KEY\n\n",
            "= c.UNKNOWN_KEY\n\n",
        ),
        ("the kept key of a running VM stays", "s.keys[i] = c.NO_KEY", "pass"),
    ],
    "vmenv/host/devices.py": [
        (
            "ties of mapped demand go to the highest index",
            "if devices[device, column] < devices[best, column]:",
            "if devices[device, column] <= devices[best, column]:",
        ),
        (
            "every virtual NIC goes to the first NIC",
            "least_mapped(s.devices, c.MAPPED, past_disks, past_nics)",
            "least_mapped(s.devices, c.MAPPED, past_disks, past_disks + 1)",
        ),
        (
            "what a VM demands of its NIC is booked on its disk",
            "s.devices[s.slots[i, c.NIC_DEVICE], column] += factor * s.slots[i, c.NET]",
            "s.devices[s.slots[i, c.DISK_DEVICE], column] += factor * s.slots[i, c.NET]",
        ),
    ],
    "vmenv/host/heap.py": [
        (
            "who enters a heap passes those before it",
            "if before(s, s.lists[which, parent], i):",
            "if before(s, i, s.lists[which, parent]):",
        ),
        (
            "only the left child moves up in a heap",
            "if child + 1 < length and before(s, s.lists[which, child + 1], s.lists[which, child]):",
            "if False:",
        ),
    ],
    "vmenv/host/state.py": [
        ("a VM takes the highest free slot", "return bool(i < j)", "return bool(i > j)"),
        (
            "the first grant of a run needs no reload",
            "s.run[c.LAST_TENANT] = s.run[c.OBSERVED_TENANT] = c.NOBODY",
            "s.run[c.OBSERVED_TENANT] = c.NOBODY",
        ),
        ("deadlines come in the reverse order", 'np.argsort(deadline, kind="stable")', 'np.argsort(-deadline, kind="stable")'),
        (
            "a new run inherits the mapped demand of the one before",
            "for column in range(c.MAPPED, c.NUM_DEVICE_COLUMNS):",
            "for column in range(c.SERVED, c.NUM_DEVICE_COLUMNS):",
        ),
    ],
    "vmenv/dispatch/loop/rollout.py": [
        (
            "ties go to who arrived last",
            "return bool(s.slots[i, c.VM] < s.slots[j, c.VM])",
            "return bool(s.slots[i, c.VM] > s.slots[j, c.VM])",
        ),
        ("the secondary key is reversed", "return bool(secondary < other_secondary)", "return bool(secondary > other_secondary)"),
        ("a key of infinity is as good as another", "if primary < np.inf and comes_before", "if comes_before"),
        (
            "the least key of a block is found once and for all",
            "if s.least_keys[block] == c.UNKNOWN_KEY:",
            "if s.least_keys[block] == c.UNKNOWN_KEY and s.run[c.NUM_DECISIONS] < 3:",
        ),
        (
            "a block whose least key is the same as one before is passed over",
            "s.least_keys[block] <= least and",
            "s.least_keys[block] < least and",
        ),
        ("a tie in a later block is not seen", "if found == least:", "if found < least:"),
        (
            "with several disks a kept key counts although its VM does not fit",
            "least = min(least, keys[i] if fits(s, i) else c.NO_KEY)",
            "least = min(least, keys[i])",
        ),
        ("negative kept keys are in the reverse order", "return int(bits ^ ((bits >> 63) & c.NO_KEY))", "return int(bits)"),
        (
            "others overtake a VM that must not be overtaken",
            "find(s, pinned(view_host(s)), params, backfill)",
            "find(s, pinned(view_host(s)), params, True)",
        ),
        ("a wait on purpose is not counted", "note_wait(s)\n        advance(s)", "pass\n        advance(s)"),
    ],
    "vmenv/host/lifecycle.py": [
        (
            "a suspended VM can be granted",
            "leave_waiting(s, i)\n    s.slots[i, c.STATUS] = c.SUSPENDED",
            "s.slots[i, c.STATUS] = c.SUSPENDED",
        ),
        (
            "a VM that is resumed takes its old place in the queue",
            "go_on(s, i)\n",
            "place = s.slots[i, c.QUEUE_PLACE]\n    go_on(s, i)\n    s.slots[i, c.QUEUE_PLACE] = place\n",
        ),
        ("a VM that is destroyed counts as completed", "s.outcomes[vm, outcome.COMPLETION_US] = -1", "pass"),
        ("the deadline of a VM that was destroyed costs", "s.late_rates[vm] = 0.0", "pass"),
        ("nobody is admitted when a VM is destroyed", "admit(s)\n    s.run", "s.run"),
    ],
    "vmenv/live/tables.py": [
        ("of those that arrive together the last created comes first", 'side="right"', 'side="left"'),
        ("a VM that is destroyed in the admission queue goes on costing", "s.costs[c.COST_RATE] -= s.cost_rates[vm]", "pass"),
        ("a VM that is destroyed in the admission queue goes on being late", "s.costs[c.COST_RATE] -= s.late_rates[vm]", "pass"),
        ("a deadline of this instant counts twice", "(deadlines > s.run[c.CLOCK_US])", "(deadlines >= s.run[c.CLOCK_US])"),
        ("a scheduler trusts the keys of another", "s.keys[s.keys != c.NO_KEY] = c.UNKNOWN_KEY", "pass"),
        ("a scheduler trusts the memory of another", "s.run_memory[:] = 0.0", "pass"),
        ("new slots are not free", "push_free(s, i)", "pass"),
    ],
    "vmenv/dispatch/loop/live.py": [
        ("a scheduler makes a decision too many", "s.run[c.NUM_DECISIONS] >= last", "s.run[c.NUM_DECISIONS] > last"),
        ("a scheduler waits for nothing", "until_us != c.NEVER or can_wait(s)", "True"),
    ],
}


def _mutants() -> Iterator[Mutant]:
    for file, rows in _TABLE.items():
        for breaks, old, new in rows:
            yield Mutant(file, old, new, breaks)


MUTANTS = tuple(_mutants())
