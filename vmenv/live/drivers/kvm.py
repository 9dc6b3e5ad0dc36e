"""Guests that are virtual machines of `/dev/kvm`, each in a process of its own: a small monitor of ours, some hundred lines of Python.

A monitor is stopped and let go on as any process guest is, which takes KVM_RUN back at once; its CPU time is the guest's and its exits'.
The guest's memory is shared with this process, so that snapshots are taken and put back here; registers and the dirty log are asked for.
"""

from __future__ import annotations

import mmap
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np

from vmenv.checks import check_integer
from vmenv.errors import ServiceError, SimulationError, SpecError
from vmenv.live.driver import DRIVERS, Snapshot
from vmenv.live.drivers._guest import Guest
from vmenv.live.drivers.process import ProcessDriver

DEVICE = Path("/dev/kvm")
PAGE_BYTES = 4096
REGISTERS_BYTES = 456
RESTORED_US = 3600 * 10**6  # what a restored guest may need at the most is not told by its snapshot
LEAST_RAM_MIB = 4  # code and tables lie in the first 2 MiB, data behind them


@DRIVERS.register("kvm")
@dataclass(frozen=True, kw_only=True)
class KvmDriver(ProcessDriver):
    """A guest is a virtual machine with one processor.

    Args:
        ram_mib: Memory of a guest, a multiple of 2.
        working_set_mib: What it writes to over and over, a power of 2, and less than its memory; 0: a cache line.

    Raises:
        SpecError: A value is out of range.
    """

    needs: ClassVar[str] = "/dev/kvm on x86-64, with or without VMX"
    program: ClassVar[Path] = Path(__file__).with_name("_kvm_monitor.py")

    ram_mib: int = LEAST_RAM_MIB
    working_set_mib: int = 0
    _memories: dict[int, mmap.mmap] = field(init=False, repr=False, compare=False, default_factory=dict)  # by the clock of the process

    def __post_init__(self) -> None:
        super().__post_init__()
        check_integer("ram_mib", self.ram_mib, least=LEAST_RAM_MIB, most=1024)
        check_integer("working_set_mib", self.working_set_mib, most=512)
        if self.ram_mib % 2:
            raise SpecError(f"ram_mib is {self.ram_mib}: give a multiple of 2, which is a page of these guests")
        if self.working_set_mib & (self.working_set_mib - 1) or self.working_set_mib > self.ram_mib - 2:
            raise SpecError(f"working_set_mib is {self.working_set_mib}: give 0 or a power of 2, up to {self.ram_mib - 2} (ram_mib less 2)")

    def obstacles(self) -> dict[str, str]:
        """See `Driver`."""
        reason = super().obstacles()["run"] or _obstacle()
        return super().obstacles() | dict.fromkeys(("create", "run", "destroy", "snapshot", "restore", "dirty_pages"), reason) | {
            "migrate": "not written yet: it takes a monitor on the other machine, to which pages are sent while the guest runs",
        }  # fmt: skip

    def snapshot(self, guest: int, since: Snapshot | None = None) -> Snapshot:
        """See `Driver`."""
        found = self._find(guest)
        registers = found.ask(b"r", REGISTERS_BYTES)
        written, memory = self._written(found), self._memories[found.clock]
        numbers = range(len(memory) // PAGE_BYTES) if since is None else written
        pages = {number: memory[number * PAGE_BYTES : (number + 1) * PAGE_BYTES] for number in numbers}
        if since is None:
            pages = {number: page for number, page in pages.items() if page.strip(b"\0")}
        return Snapshot(registers=registers, pages=pages, num_pages=len(memory) // PAGE_BYTES, since=since)

    def restore(self, snapshot: Snapshot) -> int:
        """See `Driver`."""
        if snapshot.num_pages * PAGE_BYTES != self.ram_mib << 20:
            raise SpecError(f"the snapshot is of {snapshot.num_pages * PAGE_BYTES >> 20} MiB: give a driver with ram_mib as much")
        guest = self._start(1, RESTORED_US)
        pages, zeros = snapshot.all_pages(), bytes(PAGE_BYTES)
        try:
            guest.ask(b"w" + snapshot.registers, 1)
            self._memories[guest.clock][:] = b"".join(pages.get(number, zeros) for number in range(snapshot.num_pages))
        except SimulationError:
            self._end(guest)
            raise
        return self._enter(guest)

    def dirty_pages(self, guest: int) -> int:
        """See `Driver`."""
        return len(self._written(self._find(guest)))

    def _make(self, make: Callable[..., Guest], pieces: int) -> Guest:
        """See `ProcessDriver`."""
        file = os.memfd_create("vmenv-guest", os.MFD_CLOEXEC)
        try:
            os.ftruncate(file, self.ram_mib << 20)
            guest = make([str(pieces), str(file), str(self.working_set_mib << 20)], files=(file,))
            self._memories[guest.clock] = mmap.mmap(file, self.ram_mib << 20)
        except OSError as error:
            raise ServiceError(f"a guest of {self.ram_mib} MiB cannot be made ({error})") from error
        finally:
            os.close(file)
        return guest

    def _end(self, guest: Guest) -> None:
        """See `ProcessDriver`."""
        super()._end(guest)
        self._memories.pop(guest.clock).close()

    def _written(self, guest: Guest) -> list[int]:
        """Returns the pages that were written to since this was last asked."""
        answer = guest.ask(b"d", self.ram_mib << 20 >> 15)
        return np.flatnonzero(np.unpackbits(np.frombuffer(answer, np.uint8), bitorder="little")).tolist()


def _obstacle() -> str:
    """Returns why there is no KVM here, "" if there is."""
    if platform.machine() != "x86_64":
        return f"its guests are of x86-64, this is {platform.machine()}"
    if not DEVICE.exists():
        return f"there is no {DEVICE}: load the kvm module, or let the machine that this one runs on have nested virtualization"
    try:
        os.close(os.open(DEVICE, os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        return f"{DEVICE} cannot be opened ({error}): be a member of the group that owns it"
    return ""
