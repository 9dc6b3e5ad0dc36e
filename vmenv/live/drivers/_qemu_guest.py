"""A guest that is a virtual machine in a QEMU of its own, whose monitor it is told through, and whose memory this process shares."""

from __future__ import annotations

import contextlib
import mmap
import os
import select
import socket
import time
from collections.abc import Iterator, Sequence
from io import FileIO
from pathlib import Path
from typing import Any

from vmenv.errors import SimulationError
from vmenv.live.drivers._guest import READY_S, Guest
from vmenv.live.drivers._qemu_image import UNTOLD, Control
from vmenv.live.drivers._qmp import ANSWER_S, Event, Qmp

MOST_STATE_BYTES = 1 << 24  # of processor and devices; it is 34 KB
LOOK_S = 50e-6


class QemuGuest(Guest):
    """One QEMU. While it stands, all of it does; `paused` and `awake` let it answer its monitor.

    Args:
        command: See `Guest`.
        memory: Of the virtual machine.
        channel: This end of the socket to its monitor.
        complaints: Where it writes what it has to complain of.
        boots: Whether it boots; else it waits for the state of another one.
        options: See `Guest`.

    Attributes:
        control: How the virtual machine is held.
        memory: As given.
        qmp: Its monitor.
    """

    def __init__(
        self, command: Sequence[str], *, memory: mmap.mmap, channel: socket.socket, complaints: FileIO, boots: bool, **options: Any
    ) -> None:
        self.memory, self.control, self.qmp = memory, Control(memory), Qmp(channel)
        self._complaints, self._boots = complaints, boots
        super().__init__(command, stderr=complaints.fileno(), **options)

    def _gets_ready(self) -> bool:
        if self._boots and not super()._gets_ready():
            return False
        try:
            self.qmp.begin()
        except SimulationError as error:
            raise SimulationError(f"{error}{self._complaint()}") from error
        self.can("events")
        self._processor = self._find_processor()
        self.stopper.aim(self._processor)
        return True

    def _find_processor(self) -> int:
        """Returns the thread that is the virtual processor: it must be one of this process, whatever QEMU says."""
        told = self.qmp.do("query-cpus-fast")
        try:
            ((thread,),) = ([one["thread-id"]] for one in told)
        except (KeyError, TypeError, ValueError) as error:
            raise SimulationError(f"its QEMU does not tell of one virtual processor ({error!r})") from error
        if thread not in self._threads():
            raise SimulationError("its QEMU tells of a virtual processor that is no thread of it")
        return int(thread)

    def go(self) -> None:
        """See `Guest`."""
        self.control.let_go()
        self.stopper.go()

    @contextlib.contextmanager
    def awake(self) -> Iterator[Qmp]:
        """Lets QEMU go on while the context lasts, to answer its monitor. Its machine is held meanwhile, unless it is let go."""
        self.control.hold()
        self.stopper.go()
        try:
            yield self.qmp
        finally:
            self.stopper.halt()

    @contextlib.contextmanager
    def paused(self) -> Iterator[Qmp]:
        """Lets QEMU answer its monitor while the context lasts, and its virtual machine stands between two pieces of work.

        Raises:
            SimulationError: The machine does not come to the end of a piece, or QEMU refuses to stop it.
        """
        with self.awake() as qmp:
            self.pause()
            try:
                yield qmp
            finally:
                qmp.do("cont")

    def pause(self) -> None:
        """Has QEMU, which is awake, stop its machine between two pieces of work. It is held when it goes on.

        Raises:
            SimulationError: See `paused`.
        """
        until = time.monotonic() + READY_S
        while self.control.left == UNTOLD:
            if time.monotonic() > until:
                raise SimulationError(f"it hangs: it does not come to the end of a piece of work within {READY_S:g} s")
            time.sleep(LOOK_S)
        self.qmp.do("stop")

    def can(self, capability: str, on: bool = True) -> None:
        """Switches a capability of moving on or off; QEMU is awake."""
        self.qmp.do("migrate-set-capabilities", capabilities=[{"capability": capability, "state": on}])

    def state(self) -> bytes:
        """Returns the state of processor and devices of a guest that stands, as QEMU writes it: its memory is not in it."""
        with self.paused() as qmp:
            self.can("x-ignore-shared")
            here, there = os.pipe()
            try:
                try:
                    qmp.do("getfd", fdname="state", file=there)
                finally:
                    os.close(there)
                qmp.do("migrate", uri="fd:state")
                state = _read_all(here)
            finally:
                os.close(here)
            self.wait_until_moved()
        return state

    def load(self, state: bytes) -> None:
        """Puts a guest that has not booted into a state; its memory is as it should be, and holds it."""
        here, there = socket.socketpair()
        with self.awake() as qmp, here:
            self.can("x-ignore-shared")
            with there:
                qmp.do("getfd", fdname="state", file=there.fileno())
            qmp.do("migrate-incoming", uri="fd:state")
            here.settimeout(ANSWER_S)
            try:
                here.sendall(state)
                here.shutdown(socket.SHUT_WR)
            except OSError as error:
                raise SimulationError(f"its QEMU does not take the state ({error}{self._complaint()})") from error
            self.wait_until_moved()
            qmp.do("cont")

    def wait_until_moved(self) -> Event:
        """Returns the event that says that QEMU has sent or received all.

        Raises:
            SimulationError: It says otherwise, or nothing.
        """
        until = time.monotonic() + ANSWER_S
        while (left_s := until - time.monotonic()) > 0:
            event = self.qmp.event(left_s)
            if event is None or event.name != "MIGRATION":
                continue
            status = event.data.get("status")
            if status == "completed":
                return event
            if status in ("failed", "cancelled"):
                raise SimulationError(f"its QEMU has {status} to send or take its state{self._complaint()}")
        raise SimulationError(f"its QEMU does not send or take its state within {ANSWER_S:g} s")

    def processor_ns(self) -> int:
        """Returns the CPU time of its virtual processor, which is one of its threads, exact if that stands."""
        return int(Path(f"/proc/{self._process.pid}/task/{self._processor}/schedstat").read_text().split()[0])

    def end(self) -> None:
        """See `Guest`."""
        super().end()
        self.qmp.close()
        self.memory.close()
        self._complaints.close()

    def _ending(self) -> str:
        return super()._ending() + self._complaint()

    def _complaint(self) -> str:
        """Returns the last line that QEMU has complained of, "" if there is none."""
        lines = os.pread(self._complaints.fileno(), 1 << 16, 0).decode(errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip() and "warning" not in line), "")
        return f": {last[:200]}" if last else ""


def _read_all(file: int) -> bytes:
    """Returns what is written to a pipe until it is closed."""
    got, until = bytearray(), time.monotonic() + ANSWER_S
    while select.select([file], [], [], max(0.0, until - time.monotonic()))[0]:
        part = os.read(file, 1 << 20)
        if not part:
            return bytes(got)
        got += part
        if len(got) > MOST_STATE_BYTES:
            raise SimulationError(f"its QEMU writes more than {MOST_STATE_BYTES >> 20} MiB of state")
    raise SimulationError(f"its QEMU does not write its state within {ANSWER_S:g} s")
