"""The cache of compiled code: one scheduler's code never stands in for another's, and changed sources are compiled anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vmenv
from vmenv import jit
from vmenv.errors import SpecError
from vmenv.jit.cache import cache_root

NAMES = ("las", "srpt", "fcfs", "tsrr")
PROGRAM = """
import sys, vmenv
host = vmenv.Host(quantum_us=10)
work = vmenv.Workload.from_arrays([0, 3, 10, 11], [25, 12, 8, 30])
for name in sys.argv[1:]:
    print(name, vmenv.simulate(host, work, name).digest())
"""


def digests(folder: Path, *names: str) -> dict[str, str]:
    environment = os.environ | {"VMENV_CACHE_DIR": str(folder)}
    command = [sys.executable, "-c", PROGRAM, *names]
    lines = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.splitlines()
    return dict(line.split() for line in lines)


@pytest.mark.slow
def test_code_cached_by_several_processes_does_not_mix(tmp_path: Path) -> None:
    """Each scheduler is compiled by a process of its own; one that loads them all must find four different schedulers."""
    alone = {name: digests(tmp_path, name)[name] for name in NAMES}
    assert len(set(alone.values())) == len(NAMES)
    assert digests(tmp_path, *NAMES) == alone
    host = vmenv.Host(quantum_us=10)
    work = vmenv.Workload.from_arrays([0, 3, 10, 11], [25, 12, 8, 30])
    assert {name: vmenv.simulate(host, work, name, interpreted=True).digest() for name in NAMES} == alone


def batches_kept(folder: Path, kind: str) -> set[tuple[str, int]]:
    """Returns numba's files of a kind's batches, with when they were written."""
    return {(str(file), file.stat().st_mtime_ns) for file in folder.rglob(f"*call_vmenv_{kind}_batch_turn*.nbc")}


def make_batch(folder: Path, scenario: str) -> None:
    program = f"import vmenv; vmenv.Episodes({scenario!r}, 2)"
    subprocess.run([sys.executable, "-c", program], env=os.environ | {"VMENV_CACHE_DIR": str(folder)}, check=True)


def test_a_batch_is_compiled_once_for_all_processes(tmp_path: Path) -> None:
    """The smaller kind of batch, from the first process on."""
    make_batch(tmp_path, "share_spells")
    kept = batches_kept(tmp_path, "share")
    assert len(kept) == 1
    make_batch(tmp_path, "share_spells")
    assert batches_kept(tmp_path, "share") == kept


def test_the_batch_of_these_tests_serves_other_processes() -> None:
    """The larger kind, which this process has had compiled or has loaded."""
    folder = cache_root()
    kept = batches_kept(folder, "dispatch")
    assert kept
    make_batch(folder.parent, "mm1")
    assert batches_kept(folder, "dispatch") == kept


def first_of_one(a: np.ndarray, first: int, past: int) -> int:
    return int(a[first])


def last_of_two(a: np.ndarray, b: np.ndarray, first: int, past: int) -> int:
    return int(a[first] + b[past])


def test_functions_of_different_arguments_are_bound_in_one_process() -> None:
    """Each reads arguments of its own types."""
    a, b = np.arange(5), np.array([0.0, 10.0, 20.0])
    assert jit.bind(first_of_one, (a,))(3, 0) == 3
    assert jit.bind(last_of_two, (a, b))(4, 2) == 24
    assert jit.bind(first_of_one, (a,))(2, 0) == 2


def test_the_command_tries_the_oldest_and_the_newest_numba_that_is_allowed() -> None:
    root = Path(__file__).parents[2]
    oldest, past = re.search(r"numba>=0\.(\d+),<0\.(\d+)", (root / "pyproject.toml").read_text()).groups()
    assert f"NUMBAS ?= 0.{oldest} 0.{int(past) - 1}\n" in (root / "Makefile").read_text()


class Misspelled(vmenv.Scheduler):
    """Its key looks at what there is not."""

    information = "blind"
    source = "a test"

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        return float(vm.arival_us), 0.0


def test_what_cannot_be_compiled_is_told_in_one_line() -> None:
    host, work = vmenv.Host(), vmenv.Workload.from_arrays([0, 0], [30, 10])
    with pytest.raises(SpecError, match=r"Misspelled.key cannot be compiled: Unknown attribute 'arival_us'; interpreted=True"):
        vmenv.simulate(host, work, Misspelled())
    with pytest.raises(AttributeError, match="arival_us"):
        vmenv.simulate(host, work, Misspelled(), interpreted=True)
