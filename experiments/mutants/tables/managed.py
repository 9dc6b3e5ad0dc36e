"""Mutants of what only the manager uses."""

from __future__ import annotations

from experiments.mutants.part import MANAGED_TESTS, Part

PART = Part(
    about="what only the manager uses",
    tests=MANAGED_TESTS,
    rows={
        "vmenv/host/lifecycle.py": [
            (
                "a suspended VM can be granted",
                "leave_waiting(s, i)\n    s.front[i, c.STATUS] = c.SUSPENDED",
                "s.front[i, c.STATUS] = c.SUSPENDED",
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
    },
)
