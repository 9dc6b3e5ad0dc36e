"""Mutants of the clock, grants, arrivals and the order of events."""

from __future__ import annotations

from experiments.mutants.part import HOST_TESTS, Part

PART = Part(
    about="the clock, grants, arrivals and the order of events",
    tests=HOST_TESTS,
    rows={
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
            (
                "a deadline of this instant passes later",
                "while s.run[c.NEXT_DEADLINE_US] <= now:",
                "while s.run[c.NEXT_DEADLINE_US] < now:",
            ),
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
        "vmenv/host/phases.py": [
            ("exits cost no CPU", "s.front[i, c.CPU] += exits_millicores(s, i)", "pass"),
            ("a border that is reached is not passed", "while left >= s.phases", "while left > s.phases"),
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
    },
)
