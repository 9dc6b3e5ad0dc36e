"""Guests of QEMU: held while their QEMU answers, kept, put back and moved with the memory that they would have had anyway.

No time on the wall is asserted. A QEMU that dies, hangs, or is none costs one clear line, and leaves nothing behind.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.real import make
from vmenv.errors import ActionError, ServiceError, SimulationError, SpecError
from vmenv.host import migration
from vmenv.live.driver import DRIVERS
from vmenv.live.drivers import _guest, _qemu_guest, _qemu_image, _qemu_moving, _qmp, kvm
from vmenv.live.drivers._qemu_moving import _Sent
from vmenv.live.drivers._qmp import Event, Qmp
from vmenv.live.drivers.qemu import QemuDriver
from vmenv.live.images import pack, unpack

PAGE_BYTES, FAST, WORK_US = 4096, 2**20, 10**9  # KiB/s; never done


@pytest.fixture(params=["tcg", "kvm"])
def driver(request: pytest.FixtureRequest) -> Iterator[QemuDriver]:
    with make("qemu", accel=request.param, stop="signal", ram_mib=8, working_set_mib=4, dirty_kib_s=50_000) as made:
        assert isinstance(made, QemuDriver)
        yield made


def memory_of(driver: QemuDriver, guest: int) -> bytes:
    """Returns its memory but for what it tells while it is held."""
    memory, control = bytes(driver._find(guest).memory), _qemu_image.CONTROL_PAGE * PAGE_BYTES
    return memory[:control] + memory[control + 16 :]


def test_snapshot_and_restore(driver: QemuDriver) -> None:
    """The second snapshot keeps what differs. Guests that go on from either, packed or not, end with the memory of the one that went on."""
    guest = driver.create(60_000)
    driver.run(guest, 10_000)
    whole = driver.snapshot(guest)
    kept = memory_of(driver, guest)
    driver.run(guest, 10_000)
    part = driver.snapshot(guest, since=whole)
    now = memory_of(driver, guest)
    before, after = (part.since.all_pages() if part.since else {}), part.all_pages()
    assert {number for number in after if after[number] != before.get(number)} == set(part.pages)
    assert 1 < len(part.pages) < len(whole.pages) + 200
    assert driver.written_kib(whole, part) >= 4 * (len(part.pages) - 1), "a page a write, and that in which it tells what is left"
    other, third = driver.restore(unpack(pack(part), whole)), driver.restore(whole)
    assert memory_of(driver, other) == now
    assert memory_of(driver, third) == kept
    assert driver.alike(driver.snapshot(other), driver.snapshot(guest))
    assert not driver.alike(driver.snapshot(third), driver.snapshot(guest))
    assert all(driver.run(one, 10**7).done for one in (guest, other, third))
    assert memory_of(driver, guest) == memory_of(driver, other) == memory_of(driver, third) != now


def test_nothing_is_done_for_a_snapshot(driver: QemuDriver) -> None:
    """A guest that has not begun, one that stands, and one that is done are as they were after ten snapshots."""
    guest = driver.create(30_000)
    for _ in range(3):
        taken = [driver.snapshot(guest) for _ in range(10)]
        assert all(driver.alike(one, taken[0]) for one in taken)
        driver.run(guest, 20_000)
    assert driver._find(guest).control.left == 0
    assert driver._pieces_left(driver.snapshot(guest)) == 0


def test_moved(driver: QemuDriver) -> None:
    """It has another process and the same number, and ends with the memory that one which was not moved has."""
    one, other = driver.create(60_000), driver.create(60_000)
    assert not driver.run(one, 5_000).done
    before = driver._find(one)._process
    moved = driver.migrate(one, FAST, 10**6)
    if not moved.done:  # a busy machine may have let it go on for long
        assert sum(moved.rounds_kib) > 0
        assert driver._find(one)._process.pid != before.pid
        assert before.returncode == -signal.SIGKILL, "the one that it was in is buried"
        assert driver.run(one, WORK_US).done
    assert driver.run(other, WORK_US).done
    written = [memory_of(driver, guest)[_qemu_image.DATA :] for guest in (one, other)]  # below, each is told its own number of a file
    assert written[0] == written[1]
    assert len(driver._own.guests) == 2


def test_rounds_end_as_in_the_model(driver: QemuDriver) -> None:
    """QEMU alone would never end: the guest writes faster than is sent."""
    guest = driver.create(WORK_US)
    driver.run(guest, 300_000)
    moved = driver.migrate(guest, 20_000, 1_000)
    assert 1 <= len(moved.rounds_kib) <= migration.MOST_ROUNDS
    assert moved.rounds_kib[0] > 1_000
    assert all(later < sooner for sooner, later in zip(moved.rounds_kib, moved.rounds_kib[1:], strict=False))
    assert moved.last_kib > 0
    assert not driver.run(guest, 1_000).done


class Told:
    """A QEMU that tells of rounds of so many pages, of which a page is not sent yet when it is asked."""

    def __init__(self, sizes: list[int], zeros: int) -> None:
        self.sizes, self.zeros, self.events, self.asked = sizes, zeros, [], []
        stamps = iter(range(100, 10_000, 100))
        self.events = [Event("MIGRATION", {"status": "setup"}, next(stamps))]
        self.events += [Event("MIGRATION_PASS", {"pass": k + 1}, next(stamps)) for k in range(len(sizes))]
        self.events += [Event("STOP", {}, next(stamps)), Event("MIGRATION_PASS", {"pass": len(sizes) + 1}, next(stamps))]
        self.events += [Event("MIGRATION", {"status": "completed"}, next(stamps))]
        self.round = 0

    qmp = property(lambda self: self)

    def says(self, *_: object) -> bool:
        return False

    def event(self, _: float) -> Event:
        event = self.events.pop(0)
        self.round += event.name == "MIGRATION_PASS"
        return event

    def do(self, command: str, **arguments: int) -> dict[str, object]:
        if command != "query-migrate":
            self.asked.append(arguments)
            return {}
        sent, left = sum(self.sizes[: self.round - 1]), self.sizes[self.round - 1] if self.round <= len(self.sizes) else 0
        last = self.sizes[-1] * 4104 if not left else 0
        ram = {"total": (self.sizes[0] + self.zeros) * PAGE_BYTES, "duplicate": self.zeros, "normal": sent, "remaining": left * PAGE_BYTES}
        return {"ram": ram | {"downtime-bytes": last, "transferred": sent}}


@pytest.mark.parametrize(("sizes", "forced"), [([900, 400, 90, 7], False), ([900, 400, 400, 50], True), ([900, 5], False)])
def test_rounds_as_told(sizes: list[int], forced: bool) -> None:
    """Exact in pages: the last of them is what was sent while the guest stood, and a round that leaves as much as another is the last."""
    told = Told(sizes, zeros=3_000)
    sent = _Sent(told)  # type: ignore[arg-type]  # it has what a guest needs here
    sent.follow()
    assert sent.rounds_kib == tuple(4 * size for size in sizes[:-1])
    assert sent.last_kib == 4 * sizes[-1]
    assert sent.copy_us == 100 * (len(sizes) + 1)
    assert bool(told.asked) == forced


def test_done_before_it_is_moved(driver: QemuDriver) -> None:
    guest = driver.create(2_000)
    before = driver._find(guest)._process.pid
    moved = driver.migrate(guest, 100, 0)  # the first round would take a second
    assert moved.done
    assert moved.used_us > 0
    assert driver._find(guest)._process.pid == before


@pytest.mark.parametrize("killed", ["guest", "other"])
def test_one_of_them_dies(driver: QemuDriver, killed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says so; the other QEMU is gone, and a guest that lives stays where it is."""
    guest, started = driver.create(WORK_US), []
    start, do = QemuDriver._start_to_take_over, Qmp.do

    def remember(one: QemuDriver) -> object:
        started.append(start(one))
        return started[-1]

    def do_and_kill(qmp: Qmp, command: str, **arguments: object) -> object:
        answer = do(qmp, command, **arguments)  # type: ignore[arg-type]  # passed on as they come
        if command == "migrate":
            os.kill(driver._find(guest)._process.pid if killed == "guest" else started[0]._process.pid, signal.SIGKILL)
        return answer

    monkeypatch.setattr(QemuDriver, "_start_to_take_over", remember)
    monkeypatch.setattr(Qmp, "do", do_and_kill)
    with pytest.raises(SimulationError, match=r"its QEMU|not moved"):
        driver.migrate(guest, 1_000, 0)
    monkeypatch.undo()
    assert not Path(f"/proc/{started[0]._process.pid}").exists()
    if killed == "other":
        assert not driver.run(guest, 1_000).done
    else:
        with pytest.raises(SimulationError, match="ended by itself"):
            driver.run(guest, 1_000)


@pytest.mark.parametrize("refused", ["migrate-incoming", "migrate-set-parameters"])
def test_refused(driver: QemuDriver, refused: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guest that cannot be moved goes on where it is, and can be moved later."""
    guest, do = driver.create(WORK_US), Qmp.do

    def refuse(qmp: Qmp, command: str, **arguments: object) -> object:
        if command == refused:
            raise SimulationError("its QEMU refuses it")
        return do(qmp, command, **arguments)  # type: ignore[arg-type]  # passed on as they come

    monkeypatch.setattr(Qmp, "do", refuse)
    with pytest.raises(SimulationError, match="refuses"):
        driver.migrate(guest, FAST, 10**6)
    monkeypatch.undo()
    assert not driver.run(guest, 5_000).done
    assert not driver.migrate(guest, FAST, 10**6).done


def test_an_other_that_takes_nothing(driver: QemuDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is called off after a while, and the guest goes on where it is."""
    guest, do = driver.create(WORK_US), Qmp.do
    start, started = QemuDriver._start_to_take_over, []

    def remember(one: QemuDriver) -> object:
        started.append(start(one))
        return started[-1]

    def do_and_stop(qmp: Qmp, command: str, **arguments: object) -> object:
        if command == "migrate":
            os.kill(started[0]._process.pid, signal.SIGSTOP)
        return do(qmp, command, **arguments)  # type: ignore[arg-type]  # passed on as they come

    driver.run(guest, 300_000)  # more is to be sent than a socket holds
    monkeypatch.setattr(QemuDriver, "_start_to_take_over", remember)
    monkeypatch.setattr(Qmp, "do", do_and_stop)
    monkeypatch.setattr(_qemu_moving, "READY_S", 0.2)
    with pytest.raises(SimulationError, match="does not arrive"):
        driver.migrate(guest, FAST, 0)
    monkeypatch.undo()
    assert not driver.run(guest, 5_000).done


def test_one_that_does_not_answer(driver: QemuDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A virtual machine that does not come to the end of a piece of work, here because its QEMU has stopped it."""
    guest, other = driver.create(WORK_US), driver.create(WORK_US)
    with driver._find(guest).awake() as qmp:
        qmp.do("stop")
    monkeypatch.setattr(_qemu_guest, "READY_S", 0.05)
    with pytest.raises(SimulationError, match="hangs"):
        driver.snapshot(guest)
    driver.destroy(guest)
    driver.snapshot(other)


def test_hangs_while_it_is_let_run(driver: QemuDriver) -> None:
    """Its virtual machine stands, and all threads of its QEMU wait."""
    with make("qemu", accel=driver.accel, stop="signal", hang_s=0.3) as hasty:
        guest = hasty.create(WORK_US)
        with hasty._find(guest).awake() as qmp:  # type: ignore[attr-defined]  # it is a QemuDriver
            qmp.do("stop")
        with pytest.raises(SimulationError, match="it hangs"):
            hasty.run(guest, WORK_US)  # to stop it and let it go takes CPU time of it, too


def test_a_state_that_is_none(driver: QemuDriver) -> None:
    taken = driver.snapshot(driver.create(1_000))
    damaged = type(taken)(registers=b"no state" * 1_000, pages=taken.pages, num_pages=taken.num_pages)
    with pytest.raises(SimulationError, match="its QEMU"):
        driver.restore(damaged)
    assert len(driver._own.guests) == 1


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("sys.stderr.write('first\\nno such machine\\n'); sys.exit(1)", "exit status 1: no such machine"),
        ("os.write(1, b'X'); time.sleep(99)", "says what no guest says"),
        ("time.sleep(99)", "not ready after"),
        ("os.write(1, b'R'); os.closerange(3, 99); time.sleep(99)", "its QEMU"),
        ("os.kill(os.getpid(), 9)", "signal SIGKILL"),
    ],
    ids=["complains", "says nonsense", "hangs", "has no monitor", "is killed"],
)
def test_programs_that_are_no_qemu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, message: str) -> None:
    """One line; no file is left open, and no process alive."""
    file = tmp_path / "qemu"
    file.write_text(f"#!{sys.executable} -ISE\nimport os, sys, time\n{program}\n")
    file.chmod(0o755)
    monkeypatch.setattr(_guest, "READY_S", 0.5)
    monkeypatch.setattr(_qmp, "ANSWER_S", 0.5)
    with DRIVERS.make("qemu", qemu=str(file), accel="tcg", stop="signal") as driver:
        started: list[int] = []
        end = _qemu_guest.QemuGuest.end
        monkeypatch.setattr(_qemu_guest.QemuGuest, "end", lambda guest: (started.append(guest._process.pid), end(guest)))
        before = set(os.listdir("/proc/self/fd"))
        with pytest.raises(ServiceError, match=message):
            driver.create(1_000)
        assert started
        assert not any(Path(f"/proc/{pid}").exists() for pid in started)
        assert set(os.listdir("/proc/self/fd")) == before


def test_nothing_is_left_open(driver: QemuDriver) -> None:
    driver.destroy(driver.create(1_000))
    before = set(os.listdir("/proc/self/fd"))
    guest = driver.create(WORK_US)
    driver.destroy(driver.restore(driver.snapshot(guest)))
    driver.migrate(guest, FAST, 10**6)
    driver.destroy(guest)
    assert set(os.listdir("/proc/self/fd")) == before


def test_without_qemu_or_kvm(monkeypatch: pytest.MonkeyPatch) -> None:
    """One clear line says what is missing, and what to install."""
    with DRIVERS.make("qemu", qemu="no-such-qemu") as driver:
        assert "qemu-system-x86" in driver.obstacles()["run"]
        with pytest.raises(ActionError, match="there is no no-such-qemu"):
            driver.check_can("run")
    make("qemu").close()  # or skipped
    monkeypatch.setattr(kvm, "DEVICE", Path("/no/such/device"))
    with DRIVERS.make("qemu", accel="kvm") as driver:
        assert "there is no /no/such/device" in driver.obstacles()["run"]
    with DRIVERS.make("qemu") as driver:
        assert driver.describe()["accel"].startswith("tcg (there is no /no/such/device")
        assert driver.run(driver.create(1_000), 10**6).done


def test_options_and_other_sizes() -> None:
    for options in ({"accel": "xen"}, {"ram_mib": 5}, {"working_set_mib": 3}, {"ram_mib": 8, "working_set_mib": 8}):
        with pytest.raises(SpecError):
            DRIVERS.make("qemu", **options)
    with make("qemu", ram_mib=8) as driver:
        guest = driver.create(1_000)
        taken = driver.snapshot(guest)
        for bandwidth_kib_s, most_down_us in ((0, 1), (1, -1)):
            with pytest.raises(SpecError, match="whole number"):
                driver.migrate(guest, bandwidth_kib_s, most_down_us)
        for refused in (driver.dirty_pages, driver.page_out, lambda guest: driver.give_work(guest, 1_000)):
            with pytest.raises(ActionError, match=r"use .*kvm"):
                refused(guest)
        with make("qemu", ram_mib=4) as smaller, pytest.raises(SpecError, match="ram_mib"):
            smaller.restore(taken)


def test_a_thread_that_works_is_no_sleep(driver: QemuDriver) -> None:
    """The main thread of a QEMU waits for its monitor while the virtual machine goes on in another."""
    guest = driver._find(driver.create(WORK_US))
    guest.go()
    looks = [guest.sleeps() for _ in range(20)]
    guest.stopper.halt()
    assert not all(looks)
