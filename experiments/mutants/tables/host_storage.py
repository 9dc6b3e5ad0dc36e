"""Mutants of the storage pool and maintenance."""

from __future__ import annotations

from experiments.mutants.part import HOST_TESTS, Part

PART = Part(
    about="the storage pool and maintenance",
    tests=HOST_TESTS,
    rows={
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
            (
                "a restored VM stands for ever",
                "goes_on = s.slots[target, c.LEAVING] == 1 and",
                "goes_on = s.slots[target, c.LEAVING] == 2 and",
            ),
            ("what is lost is not counted", "s.slots[target, c.LOST_US] += s.slots[target, c.ATTAINED_US] - at", "pass"),
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
                "s.slots[target, c.COPYING] -= 1\n        s.front[target, c.STALE] |= c.STALE_GRANT\n        s.outcomes",
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
        ],
        "vmenv/host/writes.py": [
            (
                "writes are not distinct",
                "return int(whole - (whole * remains >> BITS))",
                "return int(min(whole, dirty_kib_s * service_us // 1_000_000))",
            ),
        ],
        "vmenv/host/migration.py": [
            ("a round leaves nothing", "left = dirtied_kib(written_mib, dirty_kib_s, round_us)", "left = 0"),
            ("a migration that does not converge goes on", "and left < before ", ""),
            ("a VM is stopped at once", "(rounds == 0 or _time_us(left, bandwidth_kib_s) > most_down_us)", "rounds == 0"),
        ],
    },
)
