"""Folders of compiled code on disk: each is marked as ours, held by the processes that use it, and only such folders are ever removed.

What the user names (`VMENV_CACHE_DIR`) may hold anything, so that nothing is touched there but a folder `vmenv`, and in that nothing but
folders which carry our name and our mark.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # not on Windows: nothing is ever removed there, as nobody can tell what is in use
    fcntl = None  # type: ignore[assignment]  # a module that is not there

MARK = "made-by-vmenv"
CONTENT = "Compiled code of vmenv, which makes it anew when it is missing. Everything in this folder may be removed.\n"
_NAME = re.compile(r"code-[0-9a-f]{16}")
_held: dict[Path, IO[str]] = {}  # a folder is in use as long as its mark is open and locked


def cache_root() -> Path:
    """Returns the folder that all compiled code is under: `$VMENV_CACHE_DIR/vmenv`, or `vmenv` in the user's cache."""
    given = os.environ.get("VMENV_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    return (Path(given) if given else Path.home() / ".cache") / "vmenv"


def hold(folder: Path) -> bool:
    """Makes a folder for code, marks it, and keeps it from being removed until this process ends. Returns whether it is new.

    Raises:
        OSError: It cannot be made.
    """
    if folder in _held:
        return False
    new = not folder.exists()
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        mark = (folder / MARK).open("a+")
        if fcntl is not None:
            fcntl.flock(mark, fcntl.LOCK_SH)
        if _is_there(mark, folder / MARK):
            break
        mark.close()  # whoever removes old code took it away between the lines above
    if mark.tell() == 0:
        mark.write(CONTENT)
        mark.flush()
    os.utime(folder)
    _held[folder] = mark
    return new


def drop_all_but(number: int, root: Path) -> None:
    """Removes the folders of code that nobody uses, but for the last `number` that were used."""
    if fcntl is None or not root.is_dir():
        return
    folders = sorted((folder for folder in root.iterdir() if is_ours(folder)), key=lambda f: f.stat().st_mtime, reverse=True)
    for folder in folders[number:]:
        try:
            with (folder / MARK).open() as mark:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # another process uses it, or removes it too
            continue


def is_ours(folder: Path) -> bool:
    """Returns whether a folder was made by `hold`: it has its name and its mark, and is no link to another place."""
    if folder.is_symlink() or not folder.is_dir() or not _NAME.fullmatch(folder.name):
        return False
    try:
        return (folder / MARK).read_text() == CONTENT
    except (OSError, UnicodeDecodeError):
        return False


def _is_there(file: IO[str], path: Path) -> bool:
    """Returns whether the open file is still the one at this path."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False
