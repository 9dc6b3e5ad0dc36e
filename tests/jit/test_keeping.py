"""What is compiled is kept: whole or not at all, once for all processes, and never in the way of going on without."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vmenv.jit import compiled, keeping, numba_module, work_stealing
from vmenv.jit.compile import tools

SMALL = """
import numpy as np
from vmenv.jit import compiled, keeping, numba_module, work_stealing
from vmenv.jit.compile import tools
keeping.SLOW_S = -1.0  # tells of every compile
integer, board = numba_module().types.int64, numba_module().types.int64[::1]
print(compiled(work_stealing.rouse, integer(board, integer))(np.zeros(64, np.int64), 1))
print(compiled(work_stealing.finish, integer(board))(np.zeros(64, np.int64)))
"""


def run(folder: Path, program: str = SMALL) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"VMENV_CACHE_DIR": str(folder)}
    return subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True)


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An empty cache; holds a message for every compile of `rouse`."""
    tools()
    monkeypatch.setenv("VMENV_CACHE_DIR", str(tmp_path))
    told: list[str] = []
    monkeypatch.setattr(keeping, "_tell_if_slow", lambda began_s, about, kept: told.append(f"{about}: {kept}"))
    monkeypatch.setattr(keeping, "_useless", set())
    return told


def rouse() -> int:
    """Compiles or loads a function anew, and calls it."""
    integer = numba_module().types.int64
    return int(compiled(work_stealing.rouse, integer(integer[::1], integer))(np.zeros(64, np.int64), 1))


def kept(folder: Path, ending: str) -> Path:
    (found,) = folder.rglob(f"*rouse*.{ending}")
    return found


def test_what_is_kept_is_loaded(tmp_path: Path, told: list[str]) -> None:
    assert rouse() == rouse() == 1
    assert told == [f"vmenv.jit.work_stealing.rouse: kept for the next time in {tmp_path / 'vmenv'}"]


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", ["cut off", "empty", "garbled", "gone", "foreign"])
def test_what_is_damaged_is_compiled_anew(tmp_path: Path, told: list[str], ending: str, damage: str) -> None:
    rouse()
    file = kept(tmp_path, ending)
    whole = file.read_bytes()
    if damage == "gone":
        file.unlink()
    else:
        middle = len(whole) // 2
        garbled = whole[:middle] + bytes(255 - byte for byte in whole[middle : middle + 64]) + whole[middle + 64 :]
        file.write_bytes({"cut off": whole[:middle], "empty": b"", "garbled": garbled, "foreign": pickle.dumps(["thesis"])}[damage])
    assert rouse() == rouse() == 1
    assert len(told) == 2


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_what_is_sealed_but_cannot_be_read_is_compiled_anew(tmp_path: Path, told: list[str], ending: str) -> None:
    """Files that belong together as they are, of something else."""
    rouse()
    kept(tmp_path, ending).write_bytes(pickle.dumps(("of", "another", "program")))
    keeping._seal(kept(tmp_path, ending).parents[1])
    assert rouse() == rouse() == 1
    assert len(told) == 2


def test_a_touched_source_does_not_matter(tmp_path: Path) -> None:
    assert run(tmp_path).stderr.count("compiled vmenv.jit.work_stealing") == 2
    assert run(tmp_path).stderr == ""


def test_a_folder_in_the_way_is_said_once_and_nothing_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "temporary").mkdir()
    program = f"import tempfile; tempfile.tempdir = {str(tmp_path / 'temporary')!r}\n{SMALL}"
    done = run(tmp_path / "file" / "folder", program)
    assert done.stdout.split() == ["1", "1"]
    assert done.stderr.count("is not kept, as") == 1
    assert len(re.findall("compiled vmenv.jit.work_stealing.* not kept for the next time", done.stderr)) == 2
    assert list((tmp_path / "temporary").iterdir()) == []
    assert (tmp_path / "file").read_text() == "in the way"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system does not say who may write")
def test_a_cache_that_others_may_write_to_is_said_once_and_not_used(tmp_path: Path) -> None:
    (tmp_path / "vmenv").mkdir()
    (tmp_path / "vmenv").chmod(0o777)
    done = run(tmp_path)
    assert done.stdout.split() == ["1", "1"]
    assert done.stderr.count("others may write to") == 1
    assert list((tmp_path / "vmenv").iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="this system does not limit the size of files")
def test_a_full_disk_is_said_once(tmp_path: Path) -> None:
    """Files may have 1,000 bytes: machine code is longer."""
    done = run(tmp_path, f"import resource\nimport numba\nresource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n{SMALL}")
    assert done.stdout.split() == ["1", "1"]
    assert done.stderr.count("is not kept, as") == 1
    assert not list(tmp_path.rglob(keeping.SEAL))
    again = run(tmp_path)
    assert (again.stdout, again.stderr.count("kept for the next time in")) == (done.stdout, again.stderr.count("compiled vmenv.jit"))


def test_several_processes_that_begin_together_compile_once(tmp_path: Path) -> None:
    environment = os.environ | {"VMENV_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", SMALL]
    together = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    outputs = [process.communicate() for process in together]
    assert [process.returncode for process in together] == [0, 0, 0]
    assert {out for out, _ in outputs} == {"1\n1\n"}
    compiled_ones = re.findall(r"compiled (\S+) in", "".join(err for _, err in outputs))
    assert len(compiled_ones) == len(set(compiled_ones))
    names = [file.name for file in tmp_path.rglob("*.nbc")]
    assert len(names) == len(set(names)) == len(list((tmp_path / "vmenv").iterdir())) == len(compiled_ones)


def test_only_what_takes_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for took_s in (1.9, 2.1):
        times = iter([10.0, 10.0 + took_s])
        monkeypatch.setattr(keeping, "clock_s", lambda times=times: next(times))
        assert keeping.compile_only(f"something of {took_s}", lambda folder: folder) is None
    assert capsys.readouterr().err == "vmenv: compiled something of 2.1 in 2.1 s; not kept for the next time\n"
