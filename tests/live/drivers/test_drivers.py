"""What holds for every driver: a guest has what it was given, is done when its work is, and is gone when it is ended.

Service is CPU time, so that another program on the core takes nothing from it. Nothing is asserted about times on the wall, nor by how much
a stop comes too late, for that is up to other programs: a slice has what it was given at the least.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from vmenv.errors import ActionError, SimulationError, SpecError
from vmenv.live.driver import DRIVERS, OPERATIONS, Driver
from vmenv.live.drivers.process import NEAR_ENOUGH_US, ProcessDriver

ROOT = Path(__file__).parents[3]


def pid_of(driver: Driver, guest: int) -> int:
    assert isinstance(driver, ProcessDriver)
    return driver._own.guests[guest]._process.pid


def test_slices_add_up_to_the_work(driver: Driver) -> None:
    """60 ms of work in slices of 10 ms: each is about that long, and so is the whole; speed may drift by a half."""
    guest, slices = driver.create(60_000), []
    with driver.on_time():
        while not slices or not slices[-1].done:
            slices.append(driver.run(guest, 10_000))
    assert all(slice.used_us >= 10_000 - NEAR_ENOUGH_US for slice in slices[:-1])
    assert 30_000 < sum(slice.used_us for slice in slices) < 120_000


def test_a_guest_stands_unless_it_runs(driver: Driver) -> None:
    """Nothing is used between two grants, nor while another one runs."""
    first, second = driver.create(1_000_000), driver.create(1_000_000)
    driver.run(first, 5_000)
    clock = driver._own.guests[first].used_ns  # type: ignore[attr-defined]  # both drivers under test have it, not all
    used_ns = clock()
    driver.run(second, 20_000)
    assert clock() == used_ns


def test_a_slice_ends_by_the_wall(driver: Driver) -> None:
    """A guest that is stopped by the wall has used less than it asked for."""
    guest = driver.create(10**8)
    slice = driver.run(guest, 10**8, wall_us=20_000)
    assert not slice.done
    assert slice.used_us < 10**8


def test_destroyed_is_gone(driver: Driver) -> None:
    guest = driver.create(10**6)
    pid = pid_of(driver, guest)
    driver.destroy(guest)
    driver.destroy(guest)  # a second time is nothing
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(SimulationError, match="destroyed"):
        driver.run(guest, 1)


def test_killed_while_it_stands(driver: Driver) -> None:
    """One clear line; the others go on."""
    guest, other = driver.create(10**6), driver.create(10**6)
    os.kill(pid_of(driver, guest), signal.SIGKILL)
    with pytest.raises(SimulationError, match="ended by itself"):
        driver.run(guest, 10_000)
    driver.destroy(guest)
    assert driver.run(other, 5_000).used_us > 0


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("os.write(1, b'R'); os.read(0, 1); sys.exit(3)", "ended by itself .exit status 3"),
        ("os.write(1, b'R'); os.read(0, 1); os.write(1, b'X'); time.sleep(99)", "says what no guest says"),
        ("os.write(1, b'R'); os.read(0, 1); time.sleep(99)", "hangs"),
        ("os.write(1, b'R'); os.read(0, 1)\nwhile True: time.time()", None),
        ("os.write(1, b'R'); os.read(0, 1); x = bytearray(2**31); time.sleep(99)", "exit status 1"),
    ],
    ids=["exits early", "says nonsense", "hangs", "is never done", "wants memory"],
)
def test_guests_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, message: str | None) -> None:
    file = tmp_path / "guest.py"
    file.write_text(f"import os, sys, time\n{program}\n")
    with DRIVERS.make("process", stop="signal", hang_s=0.5) as driver:
        driver.create(1_000)  # at the speed of real guests
        monkeypatch.setattr(ProcessDriver, "program", file)
        guest = driver.create(1_000)
        if message is None:
            assert not driver.run(guest, 30_000).done
        else:
            with pytest.raises(SimulationError, match=message):
                driver.run(guest, 30_000)
        pid = pid_of(driver, guest)
    assert not Path(f"/proc/{pid}").exists()


def test_limits() -> None:
    with DRIVERS.make("process", most_guests=2) as driver:
        for _ in range(2):
            driver.create(1_000)
        with pytest.raises(SpecError, match="there are 2 guests"):
            driver.create(1_000)
    for options in ({"core": 10**6}, {"stop": "nothing"}, {"most_guests": 0}, {"memory_mib": 1}, {"hang_s": 0}):
        with pytest.raises(SpecError):
            DRIVERS.make("process", **options)


@pytest.mark.parametrize("name", DRIVERS.names())
def test_says_why_not(name: str) -> None:
    """Of every operation it is told whether it can be done; what cannot is refused with the reason."""
    with DRIVERS.make(name) as driver:
        obstacles = driver.obstacles()
        assert set(obstacles) == set(OPERATIONS)
        for operation, reason in obstacles.items():
            if reason:
                with pytest.raises(ActionError, match=operation):
                    driver.check_can(operation)
            else:
                driver.check_can(operation)


def test_kill_9_leaves_nothing(driver: Driver) -> None:
    """A manager that is killed takes its guests with it, those that stand too; its control groups go when the next one starts."""
    assert isinstance(driver, ProcessDriver)
    code = f"""
        import time
        from vmenv.live.driver import DRIVERS
        driver = DRIVERS.make({DRIVERS.name_of(driver)!r}, stop={driver.stop!r})
        guests = [driver.create(10**7) for _ in range(2)]
        driver.run(guests[0], 5_000)
        print(*(guest._process.pid for guest in driver._own.guests.values()), *driver._own.folders, flush=True)
        driver.run(guests[1], 10**9)
        """
    manager = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
    )
    assert manager.stdout is not None
    with manager.stdout as out:
        first, second, *folders = out.readline().split()
    manager.kill()
    manager.wait()
    until = time.monotonic() + 20
    while any(_lives(pid) for pid in (first, second)) and time.monotonic() < until:
        time.sleep(0.01)
    assert not _lives(first)
    assert not _lives(second)
    assert driver.create(1_000) == 0
    assert not any(Path(folder).exists() for folder in folders)


def _lives(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"  # nobody may be there to bury it
    except OSError:
        return False
