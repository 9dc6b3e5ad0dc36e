"""Guests that are virtual machines of QEMU, by KVM or by its own translator (TCG), each in a process of its own.

A QEMU is stopped and let go on as any process guest is: its monitor would take 0.5 to 3 ms to stop it. Snapshots and migrations are QEMU's
own, asked for through that monitor (QMP). The memory is shared with this process, so that QEMU keeps the state of processor and devices
only, and pages are taken and put back here.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import ClassVar

from vmenv.checks import check_integer
from vmenv.errors import ServiceError, SpecError
from vmenv.live.driver import DRIVERS, Migration, Snapshot
from vmenv.live.drivers._guest import Guest, python_command
from vmenv.live.drivers._memory import RESTORED_US, MemoryDriver
from vmenv.live.drivers._moving import PAGE_BYTES
from vmenv.live.drivers._qemu_guest import QemuGuest
from vmenv.live.drivers._qemu_image import CONTROL_PAGE, image, pieces_left
from vmenv.live.drivers._qemu_moving import move
from vmenv.live.drivers.kvm import kvm_obstacle

ACCELS = {"auto": "", "kvm": "kvm", "tcg": "tcg,tb-size=8"}  # MiB of translated code, of which the guest has some hundred bytes
# A microvm has a short firmware: a PC's takes seconds to boot where KVM over PVM interprets it.
MACHINE = "microvm,pit=off,pic=off,rtc=off,acpi=off,isa-serial=off,memory-backend=ram"
SANDBOX = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"


@DRIVERS.register("qemu")
@dataclass(frozen=True, kw_only=True)
class QemuDriver(MemoryDriver):
    """A guest is a virtual machine of QEMU with one processor, and no disk nor network. See `MemoryDriver`, too.

    Args:
        accel: "kvm", "tcg", or "auto", which is kvm where /dev/kvm can be used.
        qemu: The program, a name or a path.

    Raises:
        SpecError: A value is out of range.
    """

    needs: ClassVar[str] = "QEMU 7 or later, with or without /dev/kvm"
    program: ClassVar[Path] = Path(__file__).with_name("_exec.py")
    guest_class: ClassVar[type[Guest]] = QemuGuest

    memory_mib: int = 2048
    accel: str = "auto"
    qemu: str = "qemu-system-x86_64"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.accel not in ACCELS:
            raise SpecError(f"accel is {self.accel!r}: give one of {', '.join(ACCELS)}")

    def obstacles(self) -> dict[str, str]:
        """See `Driver`."""
        reason = super().obstacles()["run"]
        if not reason and not self._path():
            reason = f"there is no {self.qemu}: install it (on Debian and Ubuntu the package qemu-system-x86), or give qemu=PATH"
        if not reason and self.accel == "kvm":
            reason = kvm_obstacle()
        return (
            super().obstacles()
            | dict.fromkeys(("create", "run", "destroy", "snapshot", "restore", "migrate"), reason)
            | {
                "dirty_pages": reason or "QEMU tells how fast a guest writes, and not to which pages; snapshots are compared: use kvm",
                "set_shares": reason or "a virtual machine that is done does not wait, and would take from the others: use process or kvm",
                "page_out": reason or "its memory is in no file on a disk: use kvm",
            }
        )

    def describe(self) -> dict[str, str]:
        """See `Driver`."""
        because = kvm_obstacle() if self.accel == "auto" else ""
        told = _first_line([self._path(), "--version"])
        return super().describe() | {"accel": self._accel() + (f" ({because})" if because else ""), "qemu": told}

    def snapshot(self, guest: int, since: Snapshot | None = None) -> Snapshot:
        """See `Driver`. Pages that were written to are found by comparing."""
        found = self._find(guest)
        state, memory = found.state(), found.memory
        before, zeros, pages = {} if since is None else since.all_pages(), bytes(PAGE_BYTES), {}
        for number in range(len(memory) // PAGE_BYTES):
            page = memory[number * PAGE_BYTES : (number + 1) * PAGE_BYTES]
            if number == CONTROL_PAGE:  # that it is held now is no part of it
                page = b"\0" + page[1:]
            if page != before.get(number, zeros):
                pages[number] = page
        return Snapshot(registers=state, pages=pages, num_pages=len(memory) // PAGE_BYTES, since=since)

    def restore(self, snapshot: Snapshot) -> int:
        """See `Driver`."""
        self._check_size(snapshot)
        pages, zeros = snapshot.all_pages(), bytes(PAGE_BYTES)
        guest = self._start_to_take_over()
        try:
            guest.memory[:] = b"".join(pages.get(number, zeros) for number in range(snapshot.num_pages))
            guest.control.hold()
            guest.load(snapshot.registers)
        except BaseException:
            self._end(guest)
            raise
        return self._enter(guest)

    def migrate(self, guest: int, bandwidth_kib_s: int, most_down_us: int) -> Migration:
        """See `Driver`. The other QEMU is a process of this machine too, which is told the memory over a socket alone.

        QEMU tells pages of zeros in nine bytes: they are left out of what rounds copied, which is exact but for a page at their borders.
        """
        check_integer("bandwidth_kib_s", bandwidth_kib_s, least=1, most=2**30)
        check_integer("most_down_us", most_down_us, most=2**31)
        found = self._find(guest)
        other = self._start_to_take_over()
        try:
            other.place(self._own.other_cores)  # as on another machine it takes nothing from the guest meanwhile
            moved = move(found, other, bandwidth_kib_s, most_down_us)
            other.place({self._own.core})
        except BaseException:
            self._end(other)
            raise
        self._end(other if moved.done else found)
        if not moved.done:
            self._own.guests[guest] = other
        return moved

    def _find(self, guest: int) -> QemuGuest:
        found = super()._find(guest)
        assert isinstance(found, QemuGuest)
        return found

    def _start_to_take_over(self) -> QemuGuest:
        """Returns a QEMU that waits for the state of another one."""
        made = self._start(0, RESTORED_US)
        assert isinstance(made, QemuGuest)
        return made

    def alike(self, one: Snapshot, other: Snapshot) -> bool:
        """See `MemoryDriver`. What QEMU keeps of its devices has clocks in it, which have gone on."""
        return one.all_pages() == other.all_pages()

    def _pieces_left(self, snapshot: Snapshot) -> int:
        """See `MemoryDriver`."""
        return pieces_left(snapshot.all_pages())

    def _path(self) -> str:
        """Returns where QEMU is, "" if it is nowhere."""
        found = shutil.which(self.qemu)
        return os.path.abspath(found) if found else ""

    def _give(self, guest: Guest, pieces: int) -> None:
        """See `ProcessDriver`."""
        raise self._cannot("set_shares")

    def _accel(self) -> str:
        if self.accel == "auto":
            return "tcg" if kvm_obstacle() else "kvm"
        return self.accel

    def _make(self, make: Callable[..., Guest], pieces: int, channel: int | None) -> Guest:
        """See `ProcessDriver`. Without work it does not boot, and waits for a state."""
        boots = pieces > 0
        with ExitStack() as ours:
            try:
                here, there = map(ours.enter_context, socket.socketpair())
                ram, boot, complaints = (ours.enter_context(_file_in_memory(what)) for what in ("memory", "image", "complaints"))
                ram.truncate(self.ram_mib << 20)
                fcntl.fcntl(ram, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)  # or a QEMU could take away what is read here
                boot.write(image(pieces, self.working_set_mib << 20, self.pieces_per_write))
                files = [file.fileno() for file in (ram, boot, there)]
                memory = ours.enter_context(mmap.mmap(ram.fileno(), self.ram_mib << 20))
                command = python_command(self.program, [self._path(), *self._arguments(*files, boots=boots)])
                guest = make(command, memory=memory, channel=here, complaints=complaints, boots=boots, files=files)
            except OSError as error:
                raise ServiceError(f"a guest of {self.ram_mib} MiB cannot be made ({error})") from error
            for file in (ram, boot, there):
                file.close()
            ours.pop_all()  # it closes the others when it ends
        return guest

    def _arguments(self, ram: int, boot: int, monitor: int, *, boots: bool) -> list[str]:
        words = (
            f"-nodefaults -no-user-config -no-reboot -display none -sandbox {SANDBOX}"
            f" -M {MACHINE} -cpu qemu64 -accel {ACCELS[self._accel()]} -m {self.ram_mib}M"
            f" -object memory-backend-file,id=ram,size={self.ram_mib}M,mem-path=/dev/fd/{ram},share=on -kernel /dev/fd/{boot}"
            f" -chardev socket,id=monitor,fd={monitor} -mon chardev=monitor,mode=control"
            " -chardev stdio,id=letters,signal=off -device isa-debugcon,iobase=0x10,chardev=letters"
        )
        return words.split() + ([] if boots else ["-S", "-incoming", "defer"])


def _file_in_memory(what: str) -> FileIO:
    return FileIO(os.memfd_create(f"vmenv-{what}", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), "r+b")


def _first_line(command: Sequence[str]) -> str:
    """Returns the first line that a program prints, "" if it prints none or cannot be run."""
    try:
        printed = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    return printed.partition("\n")[0][:100]
