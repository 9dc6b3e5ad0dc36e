"""Mutants of the loop that all schedulers share."""

from __future__ import annotations

from experiments.mutants.part import HOST_TESTS, Part

PART = Part(
    about="the loop that all schedulers share",
    tests=HOST_TESTS,
    rows={
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
                "            if s.least_keys[block] == c.UNKNOWN_KEY:\n                know_keys",
                "            if s.least_keys[block] == c.UNKNOWN_KEY and s.run[c.NUM_DECISIONS] < 3:\n                know_keys",
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
                "find(s, pinned(view_host(s)), params, rule == OVERTAKES)",
                "find(s, pinned(view_host(s)), params, True)",
            ),
            ("a wait on purpose is not counted", "                note_wait(s)\n        elif", "                pass\n        elif"),
            (
                "of those that come to an empty queue at once the key picks",
                "if rule >= COMMITS and s.run[c.WAITED_US] != s.run[c.CLOCK_US]:",
                "if rule > RESERVES:",
            ),
            ("a pick is made only when something fits", "return must_pick(s)", "return must_pick(s) and anything_fits(s)"),
        ],
    },
)
