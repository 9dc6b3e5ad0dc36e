"""What drivers have in common whose guests have a memory of their own: its size, and how fast a guest writes to it."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass

from vmenv.checks import check_integer
from vmenv.errors import SpecError
from vmenv.live.driver import Snapshot
from vmenv.live.drivers._moving import PAGE_BYTES
from vmenv.live.drivers.process import ProcessDriver

PAGE_KIB = PAGE_BYTES >> 10
LEAST_RAM_MIB = 4  # code and tables lie in the first 2 MiB, data behind them
RESTORED_US = 3600 * 10**6  # what a restored guest may need at the most is not told by its snapshot


@dataclass(frozen=True, kw_only=True)
class MemoryDriver(ProcessDriver):
    """A guest has a memory, and writes to it.

    Args:
        ram_mib: Memory of a guest, a multiple of 2.
        working_set_mib: What it writes to over and over, a power of 2, and less than its memory; 0: a cache line.
        dirty_kib_s: How fast it writes to it, each write to a page of 4 KiB drawn evenly, as near as a power of 2 of pieces of work comes;
            0: as fast as it can.

    Raises:
        SpecError: A value is out of range.
    """

    ram_mib: int = LEAST_RAM_MIB
    working_set_mib: int = 0
    dirty_kib_s: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_integer("ram_mib", self.ram_mib, least=LEAST_RAM_MIB, most=1024)
        check_integer("working_set_mib", self.working_set_mib, most=512)
        check_integer("dirty_kib_s", self.dirty_kib_s, most=2**30)
        if self.ram_mib % 2:
            raise SpecError(f"ram_mib is {self.ram_mib}: give a multiple of 2, which is a page of these guests")
        if self.working_set_mib & (self.working_set_mib - 1) or self.working_set_mib > self.ram_mib - 2:
            raise SpecError(f"working_set_mib is {self.working_set_mib}: give 0 or a power of 2, up to {self.ram_mib - 2} (ram_mib less 2)")

    @property
    def pieces_per_write(self) -> int:
        """Pieces of work between two writes."""
        if self.dirty_kib_s == 0 or self._own.piece_us == 0.0:  # those by which the speed is found write always
            return 1
        most = PAGE_KIB * 1e6 / (self._own.piece_us * self.dirty_kib_s)
        return 1 << min(30, max(0, round(math.log2(most))))

    def work_of_writes(self, num_writes: int) -> int:
        """Returns the work in which a guest writes so often."""
        return max(1, round(num_writes * self.pieces_per_write * self._piece_us()))

    def written_kib_s(self) -> int:
        """Returns how fast a guest writes, pages that it has written to before included."""
        return round(PAGE_KIB * 1e6 / (self._piece_us() * self.pieces_per_write))

    def written_kib(self, before: Snapshot, after: Snapshot) -> int:
        """Returns what a guest has written between two snapshots, by its own count, pages that it had written to before included."""
        return (self._pieces_left(before) - self._pieces_left(after)) * PAGE_KIB // self.pieces_per_write

    def alike(self, one: Snapshot, other: Snapshot) -> bool:
        """Returns whether two snapshots, neither of which goes on from another, are of the same memory and registers."""
        return one == other

    @abstractmethod
    def _pieces_left(self, snapshot: Snapshot) -> int:
        """Returns how much work a guest has yet to do when a snapshot of it is taken."""

    def _check_size(self, snapshot: Snapshot) -> None:
        if snapshot.num_pages * PAGE_BYTES != self.ram_mib << 20:
            raise SpecError(f"the snapshot is of {snapshot.num_pages * PAGE_BYTES >> 20} MiB: give a driver with ram_mib as much")
