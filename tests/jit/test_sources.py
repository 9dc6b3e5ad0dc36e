"""Which sources a compiled function comes from: enough that it is never out of date, and no more, so that little is compiled anew."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import vmenv
from vmenv.dispatch import batch
from vmenv.dispatch.loop import live, rollout
from vmenv.dispatch.scheduler import Scheduler, rule_of
from vmenv.episodes.schedulers import list_schedulers, make_scheduler
from vmenv.jit import code_digest, is_ours, sources

SCHEDULERS = sources.PACKAGE / "dispatch" / "schedulers"
CHOOSE = """
import sys
from vmenv.dispatch.loop.engine import engine
from vmenv.episodes.schedulers import make_scheduler
from vmenv.dispatch.scheduler import rule_of
for name in sys.argv[1:]:
    engine().choose(*rule_of(make_scheduler(name)))
"""
PLAY = """
import sys, vmenv
for name in sys.argv[1:]:
    print(vmenv.simulate(vmenv.Host(), vmenv.Workload.from_arrays([0, 3], [25, 12]), name).digest())
"""


def files_of(function: object) -> set[Path]:
    inside = sources.functions_in(function)
    return sources.reached_from(Path(inner.__code__.co_filename) for inner in inside)


@pytest.mark.parametrize("function", [rollout.rollouts, rollout.advise, live.carry_on, batch.turn, batch.first_illegal])
def test_no_scheduler_is_part_of_what_all_share(function: object) -> None:
    files = files_of(function)
    assert {"dynamics.py", "columns.py", "compile.py", "linking.py"} <= {file.name for file in files}
    assert not {file for file in files if file.is_relative_to(SCHEDULERS)}


@pytest.mark.parametrize("name", list_schedulers())
def test_a_scheduler_comes_from_its_own_file_and_what_that_imports(name: str) -> None:
    key, update, keeps_keys = rule_of(make_scheduler(name))
    files = files_of(rollout.make_choose(key, update, keeps_keys))
    own = Path(key.__code__.co_filename)
    assert own in files
    others = {file for file in files if file.is_relative_to(SCHEDULERS)} - {own}
    assert all(f"schedulers.{file.stem} import" in own.read_text() for file in others)


def test_functions_inside_others_are_found() -> None:
    key, update, keeps_keys = rule_of(make_scheduler("easy"))
    inside = sources.functions_in(rollout.make_choose(key, update, keeps_keys))
    assert key in inside
    assert update in inside


def test_imports_of_every_kind_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "pack"
    texts = {
        "__init__": "",
        "a": '"""from pack import wrong"""\nimport os\nfrom pack import b as other\nif other:\n    import pack.c',
        "b": "def f():\n    from .deep import d\n",
        "c": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pack import wrong\nelse:\n    from . import e\n",
        "e": "try:\n    import nobody\nexcept ImportError:\n    from pack.deep.f import (\n        name,\n    )\n",
        "wrong": "",
        "deep/__init__": "",
        "deep/d": "from .. import a",
        "deep/f": "from pack.deep import something\nname = 1",
    }
    (package / "deep").mkdir(parents=True)
    for name, text in texts.items():
        (package / f"{name}.py").write_text(text)
    monkeypatch.setattr(sources, "PACKAGE", package)
    reached = {file.relative_to(package).with_suffix("").as_posix() for file in sources.reached_from([package / "a.py"])}
    assert reached == {"a", "b", "c", "e", "deep/d", "deep/f", "deep/__init__"}


def test_every_file_with_something_to_compile_counts_for_the_digest_of_all() -> None:
    """A file that did not count would let two versions with other numbers pass for the same."""
    deciding = sources.deciding()
    for file in sources.PACKAGE.rglob("*.py"):
        if "@jittable" in file.read_text() or file.parent == SCHEDULERS:
            assert file in deciding, file


def test_the_digest_of_all_is_that_of_every_byte(tmp_path: Path) -> None:
    shutil.copytree(sources.PACKAGE, tmp_path / "vmenv", ignore=shutil.ignore_patterns("__pycache__"))
    digests = {code_digest(), copied_digest(tmp_path)}
    assert len(digests) == 1
    with (tmp_path / "vmenv" / "dispatch" / "schedulers" / "las.py").open("a") as file:
        file.write("#")
    assert copied_digest(tmp_path) not in digests


def copied_digest(folder: Path) -> str:
    command = [sys.executable, "-c", "from vmenv.jit import code_digest; print(code_digest())"]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def test_what_is_not_ours_is_not_kept() -> None:
    class Own(Scheduler):
        @staticmethod
        def key(vm: object, host: object, params: object) -> tuple[float, float]:
            return 0.0, 0.0

    theirs = rollout.make_choose(Own.key)
    ours = rollout.make_choose(make_scheduler("las").key)
    assert is_ours(make_scheduler("las").key)
    assert not is_ours(Own.key)
    assert sources.digest_of(ours) is not None
    assert sources.digest_of(theirs) is None


def test_sources_that_changed_meanwhile_do_not_name_code_from_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_began_s", (sources.PACKAGE / "host" / "columns.py").stat().st_mtime - 1)
    assert sources.digest_of(batch.turn) is None


def entries(cache: Path) -> dict[str, int]:
    """Returns numba's files with when they were written, by folder and name."""
    return {str(file.relative_to(cache)): file.stat().st_mtime_ns for file in cache.rglob("*.nb[ic]")}


def run_copy(folder: Path, program: str, *names: str) -> str:
    environment = os.environ | {"VMENV_CACHE_DIR": str(folder / "cache")}
    command = [sys.executable, "-c", program, *names]
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout


def check_that_an_edit_compiles_one_anew(folder: Path, program: str) -> None:
    shutil.copytree(sources.PACKAGE, folder / "vmenv", ignore=shutil.ignore_patterns("__pycache__"))
    cache, las = folder / "cache", folder / "vmenv" / "dispatch" / "schedulers" / "las.py"
    said = run_copy(folder, program, "las", "srpt")
    before = entries(cache)
    las.write_text(las.read_text().replace('"""LAS, least attained', '"""An edited docstring.\n\nLAS, least attained'))
    (las.parent / "copied.py").write_text(
        las.read_text().replace('register("las")', 'register("copied")').replace("class Las", "class Copied")
    )
    for file in (folder / "vmenv" / "dispatch" / "schedulers").glob("t*.py"):
        file.touch()
    assert run_copy(folder, program, "srpt") == "".join(said.splitlines(keepends=True)[1:])
    assert entries(cache) == before, "srpt is loaded as it is"
    assert run_copy(folder, program, "las") == "".join(said.splitlines(keepends=True)[:1])
    after = entries(cache)
    assert {name: after.get(name) for name in before} == before
    assert len(after) == len(before) + 2
    assert all("schedulers_las_Las" in name for name in set(after) - set(before))


def test_an_edited_scheduler_is_compiled_anew_alone(tmp_path: Path) -> None:
    check_that_an_edit_compiles_one_anew(tmp_path, CHOOSE)


@pytest.mark.slow
def test_an_edited_scheduler_plays_as_before(tmp_path: Path) -> None:
    """The same with all that a simulation compiles."""
    check_that_an_edit_compiles_one_anew(tmp_path, PLAY)
    assert vmenv.simulate(vmenv.Host(), vmenv.Workload.from_arrays([0, 3], [25, 12]), "las").digest() in run_copy(tmp_path, PLAY, "copied")
