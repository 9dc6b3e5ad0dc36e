"""Guests that run at the same time have what their shares say, wait when their work is done, and leave no control groups behind.

Each is compared with the others, or with what is far from what it was to have, so that other programs on the core do not matter.
False alarms: of 54 runs of this file on two cores, beside four to seven other programs, one raised one, whose cause is mended. With none of
54 left, fewer than 6 % of runs raise one with 95 % confidence.
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

from tests.live.real import make
from vmenv.errors import ServiceError, SimulationError, SpecError
from vmenv.live.driver import DRIVERS, Driver, Share
from vmenv.live.drivers import _cpu_shares, _groups
from vmenv.live.drivers._cpu_shares import CpuShares
from vmenv.live.drivers.process import ProcessDriver

WORK_US = 10**9  # never done


@pytest.fixture
def sharing(driver: Driver) -> ProcessDriver:
    reason = driver.obstacles()["set_shares"]
    if reason:
        pytest.skip(reason)
    assert isinstance(driver, ProcessDriver)
    return driver


def test_weights(sharing: ProcessDriver) -> None:
    """Four times the weight is four times the CPU, between twice and eight times with what the kernel makes of it in 400 ms."""
    light, heavy = sharing.create(WORK_US), sharing.create(WORK_US)
    sharing.set_shares({light: Share(weight=100), heavy: Share(weight=400)})
    with sharing.on_time():
        got = sharing.run_together([light, heavy], 400_000)
    assert 2 < got[heavy].used_us / got[light].used_us < 8
    assert not got[light].done
    used_ns = [sharing._own.guests[guest].used_ns() for guest in (light, heavy)]
    sharing.run_together([light], 5_000)
    assert sharing._own.guests[heavy].used_ns() == used_ns[1], "it stands"


def test_caps(sharing: ProcessDriver) -> None:
    """A tenth of the core, though nobody else wants it: less than a quarter of each of three times, whatever the time before was."""
    guest = sharing.create(WORK_US)
    for cap in (0.1, 0.9, 0.1):
        sharing.set_shares({guest: Share(cap=cap)})
        used_us = sharing.run_together([guest], 200_000)[guest].used_us
        assert used_us < (cap + 0.15) * 200_000


def test_work_that_is_given(sharing: ProcessDriver) -> None:
    """A guest does what it is given in place of what was left, says so once, and leaves the rest of the time to the others."""
    guest, other = sharing.create(WORK_US), sharing.create(WORK_US)
    assert not sharing.run_together([guest, other], 20_000)[guest].done
    for work_us in (5_000, 10_000):
        sharing.give_work(guest, work_us)
        got = sharing.run_together([guest, other], 300_000)
        assert got[guest].done
        assert work_us / 2 < got[guest].used_us < 2 * work_us
        assert got[other].used_us > got[guest].used_us
    assert sharing.run_together([guest], 10_000)[guest].used_us < 5_000, "it has none left"
    sharing.give_work(guest, 20_000)
    assert sharing.run(guest, WORK_US).done, "alone, too"


def test_done_that_is_said_too_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guest that stood just as it was about to say that it is done says so when it is given other work: it is not done with that."""
    program = tmp_path / "guest.py"
    program.write_text(
        "import os, signal\nsignal.signal(signal.SIGUSR1, signal.SIG_IGN)\nos.write(1, b'R')\n"
        "while os.read(0, 1) == b'p':\n    os.read(0, 8)\n    os.write(1, b'D')\n    os.write(1, b'P')\nwhile True: pass\n"
    )
    with make("process") as driver:
        if driver.obstacles()["set_shares"]:
            pytest.skip(driver.obstacles()["set_shares"])
        driver.create(1_000)  # at the speed of real guests
        monkeypatch.setattr(ProcessDriver, "program", program)
        guest = driver.create(1_000)
        for _ in range(2):
            driver.give_work(guest, 1_000)
        assert not driver.run_together([guest], 5_000)[guest].done


def test_one_of_them_dies(sharing: ProcessDriver) -> None:
    guests = [sharing.create(WORK_US) for _ in range(2)]
    sharing.set_shares(dict.fromkeys(guests, Share(cap=0.3)))
    os.kill(sharing._own.guests[guests[0]].pid, signal.SIGKILL)
    with pytest.raises(SimulationError, match="ended by itself"):
        sharing.run_together(guests, 10_000)
    sharing.destroy(guests[0])
    assert sharing.run_together(guests[1:], 100_000)[guests[1]].used_us > 0


def test_nothing_is_left(sharing: ProcessDriver) -> None:
    guests = [sharing.create(WORK_US) for _ in range(2)]
    sharing.run_together(guests, 2_000)
    folder = sharing._own.shares[0]._folder
    groups = {guest: folder / str(sharing._own.guests[guest].pid) for guest in guests}
    assert all(group.exists() for group in groups.values())
    sharing.destroy(guests[0])
    assert [group.exists() for group in groups.values()] == [False, True]
    sharing.close()
    assert not folder.exists()


def test_kill_9_leaves_nothing(sharing: ProcessDriver) -> None:
    """The groups of a manager that is killed while its guests run go when the next one divides the core."""
    code = f"""
        from vmenv.live.driver import DRIVERS, Share
        driver = DRIVERS.make({DRIVERS.name_of(sharing)!r}, stop={sharing.stop!r})
        guests = [driver.create(10**9) for _ in range(2)]
        driver.set_shares(dict.fromkeys(guests, Share(cap=0.4)))
        print(driver._own.shares[0]._folder, *(guest.pid for guest in driver._own.guests.values()), flush=True)
        driver.run_together(guests, 10**8)
        """
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    manager = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], env=environment, stdout=subprocess.PIPE, text=True)
    assert manager.stdout is not None
    with manager.stdout as out:
        folder, *pids = out.readline().split()
    manager.kill()
    manager.wait()
    until = time.monotonic() + 20
    while any(_processes(Path(folder) / pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.01)
    guest = sharing.create(1_000)
    sharing.set_shares({guest: Share()})
    assert not Path(folder).exists()


def _processes(group: Path) -> str:
    """Returns those in a group; another manager may remove it first."""
    try:
        return (group / "cgroup.procs").read_text()
    except OSError:
        return ""


def test_shares_go_with_a_guest_that_is_moved() -> None:
    with make("kvm") as driver:
        if driver.obstacles()["set_shares"]:
            pytest.skip(driver.obstacles()["set_shares"])
        guest = driver.create(WORK_US)
        driver.set_shares({guest: Share(cap=0.1)})
        driver.migrate(guest, 2**20, 10**6)
        assert driver.run_together([guest], 200_000)[guest].used_us < 50_000


@pytest.mark.parametrize("share", [Share(weight=0), Share(weight=10_001), Share(cap=0.0), Share(cap=1.5), Share(cap=float("nan"))])
def test_shares_that_cannot_be_meant(share: Share) -> None:
    with make("process") as driver:
        if driver.obstacles()["set_shares"]:
            pytest.skip(driver.obstacles()["set_shares"])
        guest = driver.create(1_000)
        with pytest.raises(SpecError, match=r"weight|cap"):
            driver.set_shares({guest: share})


# --- version 2 of control groups, which a machine with version 1 does not have: what would be written, and where ------------------------


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A group of version 2 as a folder of files, which has the cpu controller to give."""

    def own_group(controller: str = "") -> Path:
        if controller:
            raise LookupError("none is mounted")
        return tmp_path / "mine"

    fill(tmp_path / "mine")
    monkeypatch.setattr(_groups, "own_group", own_group)
    return tmp_path / "mine"


def fill(folder: Path, **files: str) -> None:
    folder.mkdir()
    given = {"cgroup.controllers": "memory cpu", "cgroup.subtree_control": "", "cgroup.procs": ""} | files
    for name, text in given.items():
        (folder / name).write_text(text)


def test_version_2(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    freezers = root / "vmenv-0-0-0"
    fill(freezers)
    fill(freezers / "77", **{"cpu.weight": "", "cpu.max": ""})
    shares = CpuShares(freezers)
    assert shares.version == 2
    assert (root / "cgroup.subtree_control").read_text() == (freezers / "cgroup.subtree_control").read_text() == "+cpu"
    shares.set(77, Share(weight=31, cap=0.25))
    assert (freezers / "77" / "cgroup.procs").read_text() == "77"
    assert (freezers / "77" / "cpu.weight").read_text() == "31"
    shares.begin([77], 500_000)
    assert (freezers / "77" / "cpu.max").read_text() == f"125000 {500_000 + _cpu_shares.MARGIN_US}"
    shares.lift([77])
    assert (freezers / "77" / "cpu.max").read_text().startswith("max 1000")
    shares.note(77, 127_000)  # stopped 2 ms too late
    shares.begin([77], 500_000)
    assert (freezers / "77" / "cpu.max").read_text() == f"123000 {500_000 + _cpu_shares.MARGIN_US}"


def test_no_controller_to_give(root: Path) -> None:
    """The first reason is told, and how it is mended."""
    (root / "cgroup.type").write_text("domain")  # so it is not the root of all
    assert "write +cpu to" in _cpu_shares.shares_obstacle()
    fill(root.parent / "other")
    for name in ("cgroup.controllers", "cgroup.procs"):
        (root.parent / name).write_text("cpu")
    (root.parent / "cgroup.subtree_control").write_text("cpu")
    assert _groups.find_cpu_root() == (2, root.parent), "beside this group, whose processes are in the way"
    assert _groups.guests_root() == root.parent
    (root / "cgroup.controllers").write_text("memory")
    (root.parent / "cgroup.subtree_control").write_text("")
    (root.parent / "cgroup.type").write_text("domain")
    assert "no cpu controller" in _cpu_shares.shares_obstacle()
    with pytest.raises(ServiceError, match="cannot be divided"):
        CpuShares(None)
