"""Control groups that are left over: only those of dead processes of the own name space are removed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.real import make
from vmenv.live.drivers import _groups, _stopping

NOBODY = 2**22 + 1  # no process has such a number


@pytest.fixture
def root() -> Path:
    reason = _stopping.freezer_obstacle()
    if reason:
        pytest.skip(reason)
    return _groups.own_group()


@pytest.fixture
def made(root: Path) -> Iterator[dict[str, Path]]:
    space = os.stat("/proc/self/ns/pid").st_ino
    names = {"left over": f"{space}-{NOBODY}-0", "alive": f"{space}-{os.getpid()}-999999", "elsewhere": f"{space + 1}-{NOBODY}-0"}
    folders = {what: root / f"vmenv-{name}" for what, name in names.items()}
    for folder in folders.values():
        folder.mkdir()
    yield folders
    for folder in folders.values():
        _groups.remove_folder(folder)


def test_only_those_of_the_dead_here_are_removed(root: Path, made: dict[str, Path]) -> None:
    folder = _groups.make_folder(root)
    _groups.remove_folder(folder)
    assert {what for what, one in made.items() if one.exists()} == {"alive", "elsewhere"}


def test_no_thread_of_another_process_is_stopped() -> None:
    """A number that is not one of its threads stops the process all the same, and nobody else."""
    with make("process", stop="signal") as driver:
        guest = driver._own.guests[driver.create(10**9)]  # type: ignore[attr-defined]  # of the driver of processes
        bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        guest.stopper.aim(bystander.pid)
        guest.go()
        guest.stopper.halt()
        used_ns = guest.used_ns()
        assert bystander.stdin is not None
        bystander.communicate(b"\n", timeout=60)  # it goes on
        assert bystander.returncode == 0
        assert guest.used_ns() == used_ns
