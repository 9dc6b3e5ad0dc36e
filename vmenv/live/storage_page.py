"""What came of snapshots, migrations and paging of real guests, as a page in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from vmenv.live.paging_trial import PagingTrial, SwitchTrial, paging_rows, switch_rows
from vmenv.live.storage_trial import MigrationTrial, SnapshotTrial, migration_rows, snapshot_rows
from vmenv.render.markdown import table

PAGE = "live_storage.md"


class Paging(NamedTuple):
    """What came of paging: trials of each size; of two guests in turns, and how those were."""

    sizes: Sequence[Sequence[PagingTrial]]
    switches: Sequence[SwitchTrial]
    switch_ram_mib: int
    quantum_us: int


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
S_snapshot = S_vm + dS_vm: the first snapshot keeps the whole memory, each later one the pages that {pages}. *Written* is
what the guest wrote since the last, by its own count, a page of 4 KiB a write, drawn evenly from its write working set W. *Predicted* is
what the model's law ([writes.py](../../vmenv/host/writes.py)) says is new of it: W (1 - exp(-written / W)). *C_ratio* is the share that
zlib saves, without loss: each was unpacked and compared. A guest was restored from the last snapshot, and had the same {restored}
to the bit.
"""
ABOUT_MIGRATIONS = """
Pre-copy between two {monitors}, each a process, over a socket that takes no more than the bandwidth, while the guest goes on. *Predicted*
is [migration.py](../../vmenv/host/migration.py) with the same memory, working set and rule of when to stop, and with the rate at which the
guest wrote on the wall. {left_out} And it knows no chance:
where the guest writes as fast as is sent, rounds end when one leaves as much as the one before, which for real happens sooner.
"""
ABOUT_DRIVERS = {
    "kvm": {
        "pages": "KVM's dirty log names",
        "restored": "memory and registers",
        "monitors": "monitors",
        "left_out": """What it leaves out: between rounds the guest stands while its monitor is asked for the dirty log, and *down* has
the handing over of registers in it, some milliseconds of two programs in Python that the model does not know.""",
    },
    "qemu": {
        "pages": "are found to differ",
        "restored": "memory",
        "monitors": "QEMUs",
        "left_out": """Pages of zeros are told in nine bytes, and the first round is predicted without them. What the model leaves
out: QEMU spends the bandwidth of a tenth of a second at once and rests for what is left of it, sends on the guest's own core, and sends the
last pages as fast as it can, whatever the bandwidth.""",
    },
}

PAGING = (
    "memory, MiB",
    "disk writes, MiB/s",
    "disk reads, MiB/s",
    "paged out, MiB",
    "out, ms",
    "predicted",
    "in at once, ms",
    "predicted",
    "in as it is touched, ms",
    "CPU of a fault, us",
)
SWITCHES = (
    "switches",
    "paging a switch, ms",
    "a plain file, MiB/s",
    "predicted from that",
    "paging alone, MiB/s",
    "predicted from that",
    "measured over that",
)
ABOUT_PAGING = """
A guest that has written to all of its memory but the first 2 MiB stands, and is paged out: what differs from the disk is written, and
MADV_PAGEOUT drops all of it. Its memory is a file on a disk then; the kernel's paging needs no swap space for that. It comes back at once,
from the disk to the page cache, or as the guest goes on and touches it: *in as it is touched* is by how much longer the same work takes
then, of which *CPU of a fault* is used by the guest's process for each page. *Predicted* is [memory.py](../../vmenv/host/memory.py): the
whole memory over the speed of the disk, here that at which a plain file of the same size was written and read just before. What the model
leaves out: faults, of which a guest of KVM has one a page however fast the disk is, and what stays in the page cache.
"""
ABOUT_SWITCHES = """
And two such guests of {ram_mib} MiB in turns, {quantum_ms:g} ms each, on a host that has memory for one: who is granted pages the other
one out. *Predicted* is the overhead that `vmenv.simulate` says of two VMs under `tsrr` with `memory_mib={ram_mib}`: with the speed of a
plain file as `swap_kib_s`, and with that at which guests of this size were paged out and in above, both there and back.
"""


def page_of(
    driver: str,
    snapshots: Sequence[SnapshotTrial],
    migrations: Sequence[MigrationTrial],
    paging: Paging | str,
    repetitions: int,
    about: Mapping[str, str],
) -> str:
    """Returns the page; cells are medians over the repetitions, in brackets the least and the largest.

    Args:
        driver: Whose guests they are.
        snapshots: All of them.
        migrations: All of them.
        paging: What came of paging, or why there was none.
        repetitions: How often each was done.
        about: What else the page says of how.
    """
    said = ABOUT_DRIVERS[driver]
    said = ABOUT_DRIVERS[driver]
    lines = ["# Snapshots, migrations and paging of real guests", "", *(f"- {name}: {value}" for name, value in about.items()), ""]
    lines += ["## Snapshots", ABOUT_SNAPSHOTS.format(**said), *table(SNAPSHOTS, snapshot_rows(snapshots, repetitions)), ""]
    lines += ["## Migrations", ABOUT_MIGRATIONS.format(**said), *table(MIGRATIONS, migration_rows(migrations, repetitions))]
    lines += ["", "## Paging", *([f"\nNot here: {paging}."] if isinstance(paging, str) else _paging_lines(paging))]
    return "\n".join(lines) + "\n"


def _paging_lines(paging: Paging) -> list[str]:
    said = ABOUT_SWITCHES.format(ram_mib=paging.switch_ram_mib, quantum_ms=paging.quantum_us / 1000)
    return [ABOUT_PAGING, *table(PAGING, paging_rows(paging.sizes)), said, *table(SWITCHES, switch_rows(paging.switches))]
