"""Moving a guest of QEMU to another QEMU by pre-copy, which is QEMU's own. Rounds end as in the model, `vmenv.host.migration`.

QEMU goes on with rounds for as long as it cannot send the rest in time. Where the model ends them, because one was no smaller than the one
before or there have been too many, it is told here that any time will do.

Source: QEMU, docs/devel/migration.rst, and qapi/migration.json for what is told.
"""

from __future__ import annotations

import itertools
import socket
import time

from vmenv.errors import SimulationError
from vmenv.live.driver import Migration
from vmenv.live.drivers._guest import DONE, READY_S
from vmenv.live.drivers._memory import PAGE_KIB
from vmenv.live.drivers._moving import MOST_ROUNDS, PAGE_BYTES
from vmenv.live.drivers._qemu_guest import QemuGuest
from vmenv.live.drivers._qmp import Event

FIGURES = ("total", "normal", "duplicate", "remaining", "transferred", "downtime-bytes")
LONGEST_DOWN_MS = 2_000_000  # that QEMU takes
LOOK_S = 0.001  # between two looks whether the guest is done


def move(guest: QemuGuest, other: QemuGuest, bandwidth_kib_s: int, most_down_us: int) -> Migration:
    """Moves a guest to another QEMU, which has not booted. Both stand at the end.

    Args:
        guest: Stands.
        other: Stands.
        bandwidth_kib_s: How fast its memory is sent.
        most_down_us: The rest is sent when that takes no longer; QEMU counts whole milliseconds.

    Raises:
        SimulationError: One of them has ended, or does not do it.
    """
    here, there = socket.socketpair()
    with here, there, other.awake() as taking, guest.awake() as giving:
        guest.pause()
        try:
            for one, channel in ((other, there), (guest, here)):
                one.can("x-ignore-shared", False)
                one.qmp.do("getfd", file=channel.fileno(), fdname="moving")
                channel.close()
            taking.do("migrate-incoming", uri="fd:moving")
            giving.do("migrate-set-parameters", max_bandwidth=bandwidth_kib_s * 1024, downtime_limit=most_down_us // 1000)
            before_ns = guest.processor_ns()
            guest.control.let_go()
        finally:
            giving.do("cont")
        giving.do("migrate", uri="fd:moving")
        sent = _Sent(guest)
        sent.follow()
        used_us = round((guest.processor_ns() - before_ns) / 1000)
        if sent.done:
            return Migration(sent.rounds_kib, sent.copy_us, 0, 0, used_us, True)
        came_us = other.wait_until_moved().at_us
        other.control.hold()
        taking.do("cont")
    return Migration(sent.rounds_kib, sent.copy_us, sent.last_kib, max(0, came_us - sent.stood_us), used_us, False)


class _Sent:
    """What a QEMU has sent of its guest, in pages with content: one of zeros is told in nine bytes, and is not counted.

    QEMU says when a round begins, and is asked then for what it has sent and what is left of the round, which together are what has been
    sent when the round is over. A page that it is about to send while it answers may be missing.

    Attributes:
        done: The guest's work came to an end before it was moved.
        stood_us: When the guest stood, by the clock of the day.
        last_kib: What was sent from then on.
    """

    def __init__(self, guest: QemuGuest) -> None:
        self._guest = guest
        self._began_us, self._pages = 0, [0]  # sent by the end of each round that has begun
        self._num_before = 0  # sent before the guest stood
        self.done, self.stood_us, self.last_kib = False, 0, 0

    @property
    def rounds_kib(self) -> tuple[int, ...]:
        """What each round sent."""
        sent = sorted({*(pages for pages in self._pages if pages < self._num_before - 1), self._num_before})
        return tuple((later - sooner) * PAGE_KIB for sooner, later in itertools.pairwise(sent))

    @property
    def copy_us(self) -> int:
        """What the rounds took, 1 at the least: the clock of the day may have been set meanwhile."""
        return max(1, self.stood_us - self._began_us)

    def follow(self) -> None:
        """Returns when all is sent, or when the guest is done and sending is called off.

        Raises:
            SimulationError: QEMU fails, or sends nothing for long.
        """
        sent, moved, status = -1, time.monotonic(), ""
        while status not in ("completed", "cancelled"):
            if not self.done and self._guest.says(DONE, 0):
                self._call_off()
            event = self._guest.qmp.event(LOOK_S)
            if event is not None:
                status = self._note(event)
            elif time.monotonic() - moved > READY_S:
                before, sent, moved = sent, self._ask()["transferred"], time.monotonic()
                if sent == before:
                    self._guest.qmp.do("migrate_cancel")
                    raise SimulationError(f"its memory does not arrive: nothing has been sent for {READY_S:g} s")
        if not self.done:
            ram = self._ask()
            num_last = ram["downtime-bytes"] // PAGE_BYTES
            self.last_kib, self._num_before = num_last * PAGE_KIB, ram["normal"] - num_last

    def _call_off(self) -> None:
        self.done, self._num_before = True, self._ask()["normal"]
        self._guest.qmp.do("stop")
        self.stood_us = round(time.time() * 1e6)
        self._guest.qmp.do("migrate_cancel")

    def _note(self, event: Event) -> str:
        """Returns what an event says of how sending stands, "" if nothing."""
        status = str(event.data.get("status")) if event.name == "MIGRATION" else ""
        if status == "failed":
            raise SimulationError(f"it is not moved, and stays where it is: {str(self._guest.qmp.do('query-migrate'))[:300]}")
        if status == "setup":
            self._began_us = event.at_us
        if event.name == "STOP" and self._began_us:
            self.stood_us = event.at_us
        if event.name == "MIGRATION_PASS" and event.data.get("pass", 0) > 1 and not self.stood_us:
            self._begin_round()
        return status

    def _begin_round(self) -> None:
        ram = self._ask()
        if len(self._pages) == 1:
            self._pages.append(ram["total"] // PAGE_BYTES - ram["duplicate"])
        self._pages.append(ram["normal"] + ram["remaining"] // PAGE_BYTES)
        *_, first, second, third = self._pages
        if third - second >= second - first or len(self._pages) > MOST_ROUNDS + 1:
            self._guest.qmp.do("migrate-set-parameters", downtime_limit=LONGEST_DOWN_MS)

    def _ask(self) -> dict[str, int]:
        """Returns what it tells of the memory; nothing but zeros before it begins, and once it has called off."""
        told = self._guest.qmp.do("query-migrate")
        try:
            ram = told.get("ram", {})
            return {name: int(ram[name]) if ram else 0 for name in FIGURES}
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise SimulationError(f"its QEMU does not tell what it has sent ({error!r})") from error
