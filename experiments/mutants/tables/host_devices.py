"""Mutants of devices, memory and contention."""

from __future__ import annotations

from experiments.mutants.part import HOST_TESTS, Part

PART = Part(
    about="devices, memory and contention",
    tests=HOST_TESTS,
    rows={
        "vmenv/host/contention.py": [
            ("a VM disturbs itself", "s.neighbours[a] -= 1\n", "pass\n"),
            ("who is disturbed and who disturbs are taken for each other", "s.contention[a, b]", "s.contention[b, a]"),
            (
                "a start cost counts as progress",
                "now - max(s.slots[i, c.SINCE_US], s.slots[i, c.SERVICE_US])",
                "now - s.slots[i, c.SINCE_US]",
            ),
            ("an end is rounded down", "(left + s.slots[i, c.RATE] - 1) // s.slots[i, c.RATE]", "left // s.slots[i, c.RATE]"),
            ("thousandths are lost at the end of a grant", "s.slots[i, c.PROGRESS] -= done * c.FULL_RATE", "s.slots[i, c.PROGRESS] = 0"),
            ("thousandths go over into the next phase", "s.slots[i, c.PROGRESS] = 0  # the", "pass  # the"),
            ("there is no least rate", "return int(max(rate, c.LEAST_RATE))", "return int(max(rate, 1))"),
        ],
        "vmenv/host/memory.py": [
            ("who ran last is paged out first", "_page_out(s, s.run[c.LEAST_RECENT])", "_page_out(s, s.run[c.MOST_RECENT])"),
            (
                "paging time is rounded down",
                "(moved_mib * 1_024_000_000 + speed_kib_s - 1) // speed_kib_s",
                "(moved_mib * 1_024_000_000) // speed_kib_s",
            ),
            ("paging in takes no time", "return int(moved + paged_in)", "return int(moved)"),
            ("paging out takes no time", "return int(moved + paged_in)", "return int(paged_in)"),
            ("what was paged out is forgotten", "s.slots[victim, c.SWAPPED_MIB] = paged_out", "s.slots[victim, c.SWAPPED_MIB] = 0"),
            ("pages out count as pages in", "s.slots[i, c.PAGED_IN_MIB] += paged_in", "s.slots[i, c.PAGED_IN_MIB] += moved"),
        ],
        "vmenv/host/fitting.py": [
            (
                "a demand that takes all the free CPU does not fit",
                "(cpu - s.front[i, c.CPU])",
                "(cpu - 1 - s.front[i, c.CPU])",
            ),
            (
                "a demand that takes all the free memory does not fit",
                "(memory - s.front[i, c.MEMORY])",
                "(memory - 1 - s.front[i, c.MEMORY])",
            ),
            (
                "a demand that takes all the free disk bandwidth does not fit",
                "(disk - s.front[i, c.DISK])",
                "(disk - 1 - s.front[i, c.DISK])",
            ),
            (
                "a demand that takes all the free network bandwidth does not fit",
                "(net - s.front[i, c.NET])",
                "(net - 1 - s.front[i, c.NET])",
            ),
            ("nothing fits where only all the free CPU would do", "(cpu[i] <= free.cpu)", "(cpu[i] < free.cpu)"),
            (
                "a VM looks for room on the first disk, wherever it is mapped",
                "disk, nic = s.slots[i, c.DISK_DEVICE], s.slots[i, c.NIC_DEVICE]",
                "disk, nic = 1, s.slots[i, c.NIC_DEVICE]",
            ),
            (
                "only the least free disk counts",
                "most = max(most, s.devices[device, c.FREE])",
                "most = min(most, s.devices[device, c.FREE])",
            ),
            ("any disk with room will do", "if some and not one_of_each(s):", "if False:"),
            (
                "nobody is paged out for a VM",
                "s.host[c.MEMORY_MIB] - s.run[c.MEMORY_RUNNING_MIB]",
                "s.host[c.MEMORY_MIB] - s.run[c.MEMORY_RESIDENT_MIB]",
            ),
            (
                "who runs, or is suspended, fits",
                "return bool((left >= 0) & (s.front[i, c.STATUS] == c.RUNNABLE))",
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
                "    s.keys[i] = c.UNKNOWN_KEY\n    _forget_first(s, i)\n",
                "    s.keys[i] = c.UNKNOWN_KEY\n",
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
                "s.devices[s.slots[i, c.NIC_DEVICE], column] += factor * s.front[i, c.NET]",
                "s.devices[s.slots[i, c.DISK_DEVICE], column] += factor * s.front[i, c.NET]",
            ),
        ],
    },
)
