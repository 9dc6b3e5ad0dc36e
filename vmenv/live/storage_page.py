"""What came of snapshots and migrations of real guests, as a page in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vmenv.live.storage_trial import MigrationTrial, SnapshotTrial, migration_rows, snapshot_rows
from vmenv.render.markdown import table

PAGE = "live_storage.md"
SNAPSHOTS = (
    "service since the last, ms",
    "written, KiB",
    "kept, KiB",
    "predicted, KiB",
    "kept over predicted",
    "C_ratio",
    "taking it, ms",
    "compressing it, ms",
)
MIGRATIONS = (
    "bandwidth, MiB/s",
    "guest writes, MiB/s",
    "rounds",
    "predicted",
    "sent, MiB",
    "predicted",
    "rounds take, ms",
    "predicted",
    "last, KiB",
    "predicted",
    "down, ms",
    "predicted",
)
ABOUT_SNAPSHOTS = """
S_snapshot = S_vm + dS_vm: the first snapshot keeps the whole memory, each later one the pages that KVM's dirty log names. *Written* is
what the guest wrote since the last, by its own count, a page of 4 KiB a write, drawn evenly from its write working set W. *Predicted* is
what the model's law ([writes.py](../../vmenv/host/writes.py)) says is new of it: W (1 - exp(-written / W)). *C_ratio* is the share that
zlib saves, without loss: each was unpacked and compared. A guest was restored from the last snapshot, and had the same memory and registers
to the bit.
"""
ABOUT_MIGRATIONS = """
Pre-copy between two monitors, each a process, over a socket that takes no more than the bandwidth, while the guest goes on. *Predicted* is
[migration.py](../../vmenv/host/migration.py) with the same memory, working set and rule of when to stop, and with the rate at which the
guest wrote on the wall. What it leaves out: between rounds the guest stands while its monitor is asked for the dirty log, and *down* has
the handing over of registers in it, some milliseconds of two programs in Python that the model does not know. And it knows no chance:
where the guest writes as fast as is sent, rounds end when one leaves as much as the one before, which for real happens sooner.
"""


def page_of(snapshots: Sequence[SnapshotTrial], migrations: Sequence[MigrationTrial], repetitions: int, about: Mapping[str, str]) -> str:
    """Returns the page; cells are medians over the repetitions, in brackets the least and the largest."""
    lines = ["# Snapshots and migrations of real guests", "", *(f"- {name}: {value}" for name, value in about.items()), ""]
    lines += ["## Snapshots", ABOUT_SNAPSHOTS, *table(SNAPSHOTS, snapshot_rows(snapshots, repetitions)), ""]
    lines += ["## Migrations", ABOUT_MIGRATIONS, *table(MIGRATIONS, migration_rows(migrations, repetitions))]
    return "\n".join(lines) + "\n"
