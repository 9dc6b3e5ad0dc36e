"""Guests that are virtual machines of `/dev/kvm`, each in a process of its own: a small monitor of ours, some hundred lines of Python.

A monitor is stopped and let go on as any process guest is, which takes KVM_RUN back at once; its CPU time is the guest's and its exits'.
The guest's memory is shared with this process, so that snapshots are taken and put back here; registers and the dirty log are asked for.
"""

from __future__ import annotations

import mmap
import os
import platform
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np

from vmenv.checks import check_integer
from vmenv.errors import ServiceError, SimulationError, SpecError
from vmenv.live.driver import DRIVERS, Migration, PageIn, PageOut, Snapshot
from vmenv.live.drivers import _paging
from vmenv.live.drivers._guest import Guest, python_command
from vmenv.live.drivers._kvm_monitor import NO_ROOM
from vmenv.live.drivers._memory import PAGE_KIB, RESTORED_US, MemoryDriver
from vmenv.live.drivers._moving import PAGE_BYTES, REGISTERS_BYTES, PageSender, move

DEVICE = Path("/dev/kvm")
RCX_AT = 312 + 16  # in the registers: how many pieces of work are left


@DRIVERS.register("kvm")
@dataclass(frozen=True, kw_only=True)
class KvmDriver(MemoryDriver):
    """A guest is a virtual machine with one processor. See `MemoryDriver`, too.

    Args:
        page_folder: A folder on a disk, in a file of which a guest that is paged out has its memory from then on; the file is gone with the
            guest. "": where temporary files are.

    Raises:
        SpecError: A value is out of range.
    """

    needs: ClassVar[str] = "/dev/kvm on x86-64, with or without VMX"
    program: ClassVar[Path] = Path(__file__).with_name("_kvm_monitor.py")

    page_folder: str = ""
    _memories: dict[int, mmap.mmap] = field(init=False, repr=False, compare=False, default_factory=dict)  # by the clock of the process
    _disks: dict[int, int] = field(init=False, repr=False, compare=False, default_factory=dict)  # likewise: files for who is paged out

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.page_folder and not Path(self.page_folder).is_dir():
            raise SpecError(f"page_folder is {self.page_folder!r}: give a folder that is there, on a disk")

    def obstacles(self) -> dict[str, str]:
        """See `Driver`."""
        reason = super().obstacles()["run"] or kvm_obstacle()
        inside = dict.fromkeys(("create", "run", "destroy", "snapshot", "restore", "dirty_pages", "migrate"), reason)
        return (
            super().obstacles()
            | inside
            | {
                "set_shares": reason or super().obstacles()["set_shares"],
                "page_out": reason or _paging.obstacle(self.page_folder),
            }
        )

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
        self._check_size(snapshot)
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

    def migrate(self, guest: int, bandwidth_kib_s: int, most_down_us: int) -> Migration:
        """See `Driver`. The other monitor is a process of this machine too, which is told the memory over a socket alone."""
        check_integer("bandwidth_kib_s", bandwidth_kib_s, least=1, most=2**30)
        check_integer("most_down_us", most_down_us, most=2**40)
        found = self._find(guest)
        here, there = socket.socketpair()
        with here, there:
            other = self._start(1, RESTORED_US, there.fileno())
            there.close()
            try:
                other.place(self._own.other_cores)  # as on another machine it takes nothing from the guest meanwhile
                sender = PageSender(here, self._memories[found.clock], bandwidth_kib_s)
                moved = move(found, other, partial(self._run, found), partial(self._written, found), sender, most_down_us)
                other.place({self._own.core})
            except BaseException:
                self._end(other)
                raise
        if moved.done:
            self._end(other)
        else:
            self._go_on_in(guest, found, other)
        return moved

    def page_out(self, guest: int) -> PageOut:
        """See `Driver`."""
        self.check_can("page_out")
        found = self._find(guest)
        self._memories[found.clock].madvise(mmap.MADV_DONTNEED)  # what this process has looked at, too, would stay
        before, after, write_ns, drop_ns = struct.unpack("<QQQQ", found.ask(b"o", 32))
        if before == NO_ROOM:
            raise SimulationError(f"{self.page_folder or 'the folder of temporary files'} has no room for its memory: it stays where it is")
        if found.clock in self._disks:  # its memory is there from now on
            self._memories.pop(found.clock).close()
            self._memories[found.clock] = mmap.mmap(self._disks[found.clock], self.ram_mib << 20)
        return PageOut((before - after) * PAGE_KIB, after * PAGE_KIB, write_ns // 1000, drop_ns // 1000)

    def page_in(self, guest: int) -> PageIn:
        """See `Driver`."""
        self.check_can("page_out")
        pages, read_ns = struct.unpack("<QQ", self._find(guest).ask(b"i", 16))
        return PageIn(pages * PAGE_KIB, read_ns // 1000)

    def _pieces_left(self, snapshot: Snapshot) -> int:
        """See `MemoryDriver`."""
        (left,) = struct.unpack_from("<Q", snapshot.registers, RCX_AT)
        return int(left)

    def _make(self, make: Callable[..., Guest], pieces: int, channel: int | None) -> Guest:
        """See `ProcessDriver`."""
        memory, disk = os.memfd_create("vmenv-guest", os.MFD_CLOEXEC), _paging.make_file(self.page_folder)
        try:
            os.ftruncate(memory, self.ram_mib << 20)
            inherited = [file for file in (memory, disk, channel) if file not in (_paging.NO_FILE, None)]
            numbers = [pieces, memory, self.working_set_mib << 20, self.pieces_per_write, disk, *([] if channel is None else [channel])]
            guest = make(python_command(self.program, numbers), files=inherited)
            self._memories[guest.clock] = mmap.mmap(memory, self.ram_mib << 20)
            if disk != _paging.NO_FILE:
                self._disks[guest.clock] = os.dup(disk)
        except OSError as error:
            raise ServiceError(f"a guest of {self.ram_mib} MiB cannot be made ({error})") from error
        finally:
            for file in {memory, disk} - {_paging.NO_FILE}:
                os.close(file)
        return guest

    def _end(self, guest: Guest) -> None:
        """See `ProcessDriver`."""
        super()._end(guest)
        self._memories.pop(guest.clock).close()
        if guest.clock in self._disks:
            os.close(self._disks.pop(guest.clock))

    def _written(self, guest: Guest) -> list[int]:
        """Returns the pages that were written to since this was last asked."""
        answer = guest.ask(b"d", self.ram_mib << 20 >> 15)
        return np.flatnonzero(np.unpackbits(np.frombuffer(answer, np.uint8), bitorder="little")).tolist()


def kvm_obstacle() -> str:
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
