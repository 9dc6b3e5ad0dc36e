"""The cache removes nothing but what it made, and nothing that a process uses."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vmenv.jit import cache as caching


def name(k: int) -> str:
    return f"code-{k:016x}"


def make_old(root: Path, number: int) -> list[Path]:
    """Makes folders of code that nobody uses any more, the oldest first."""
    folders = [root / name(k) for k in range(number)]
    for k, folder in enumerate(folders):
        folder.mkdir(parents=True)
        (folder / caching.MARK).write_text(caching.CONTENT)
        (folder / "a.nbc").write_text("code")
        os.utime(folder, (k, k))
    return folders


def everything(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() if path.is_file() else "" for path in sorted(folder.rglob("*"))}


def test_old_code_goes_and_the_last_used_stays(tmp_path: Path) -> None:
    folders = make_old(tmp_path, 6)
    caching.drop_all_but(2, tmp_path)
    assert [folder.exists() for folder in folders] == [False] * 4 + [True] * 2


def test_what_others_keep_there_stays(tmp_path: Path) -> None:
    """Folders and files of all sorts, some of which look like ours, beside old code of ours."""
    root = tmp_path / "vmenv"
    for folder in ("thesis", "0123456789abcdef", name(77), "code-notes"):
        (root / folder / "deep").mkdir(parents=True)
        (root / folder / "deep" / "file").write_text("precious")
    (root / name(78)).mkdir()
    (root / name(78) / caching.MARK).write_text("not what we write")
    (root / name(79)).write_text("a file of that name")
    elsewhere = make_old(tmp_path / "elsewhere", 1)[0]
    (root / name(80)).symlink_to(elsewhere)
    before, outside = everything(root), everything(elsewhere)
    old = make_old(root, 5)
    caching.drop_all_but(0, root)
    assert not any(folder.exists() for folder in old)
    assert everything(root) == before
    assert everything(elsewhere) == outside


def test_a_whole_run_leaves_the_users_folder_alone(tmp_path: Path) -> None:
    """`VMENV_CACHE_DIR` names a folder full of other things, as a home may be: nothing but `vmenv` is new in it."""
    for k in range(9):
        (tmp_path / f"project{k}" / ".git").mkdir(parents=True)
        (tmp_path / f"project{k}" / "thesis.tex").write_text("precious")
    before = everything(tmp_path)
    program = (
        "from vmenv.jit import cache, compile, keeping; keeping.MOST_FOLDERS = 0;compile.tools(); cache.drop_all_but(0, cache.cache_root())"
    )
    subprocess.run([sys.executable, "-c", program], env=os.environ | {"VMENV_CACHE_DIR": str(tmp_path)}, check=True)
    made = list((tmp_path / "vmenv").iterdir())
    assert made
    assert all(map(caching.is_ours, made)), "the process used them itself"
    shutil.rmtree(tmp_path / "vmenv")
    assert everything(tmp_path) == before


@pytest.mark.skipif(caching.fcntl is None, reason="nothing is removed where files cannot be locked")
def test_what_a_process_uses_stays(tmp_path: Path) -> None:
    folder = tmp_path / name(1)
    program = (
        f"from pathlib import Path; from vmenv.jit import cache; cache.hold(Path({str(folder)!r})); print('held', flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        caching.drop_all_but(0, tmp_path)
        assert folder.is_dir()
        process.communicate("\n")
    caching.drop_all_but(0, tmp_path)
    assert not folder.exists()


def test_to_hold_a_folder_twice_is_to_hold_it(tmp_path: Path) -> None:
    assert caching.hold(tmp_path / name(2))
    assert not caching.hold(tmp_path / name(2))
    assert caching.is_ours(tmp_path / name(2))


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system does not say whose a file is")
@pytest.mark.parametrize("whose", ["the folder", "the folder above"])
def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path, whose: str) -> None:
    folder = tmp_path / "vmenv" / name(3)
    folder.mkdir(mode=0o700, parents=True)
    folder.parent.chmod(0o700)
    (folder if whose == "the folder" else folder.parent).chmod(0o770)
    with pytest.raises(PermissionError, match="others may write to"):
        caching.hold(folder)
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system does not say whose a file is")
def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "vmenv" / name(4)
    user = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: user + 1)
    with pytest.raises(PermissionError, match="belongs to another user"):
        caching.hold(folder)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system does not say who may write")
def test_folders_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        caching.hold(tmp_path / "vmenv" / name(5))
    finally:
        os.umask(before)
    assert [folder.stat().st_mode & 0o777 for folder in (tmp_path / "vmenv", tmp_path / "vmenv" / name(5))] == [0o700, 0o700]
