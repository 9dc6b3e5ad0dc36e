"""Folders of compiled code on disk: each is marked as ours, held by the processes that use it, and only such folders are ever removed.

What the user names (`VMENV_CACHE_DIR`) may hold anything, so that nothing is touched there but a folder `vmenv`, and in that nothing but
folders which carry our name and our mark. What is in them gets executed, so that nobody else may be able to write there.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows: nothing is ever removed there, as nobody can tell what is in use
    fcntl = None  # type: ignore[assignment]  # a module that is not there

MARK = "made-by-vmenv"
CONTENT = "Compiled code of vmenv, which makes it anew when it is missing. Everything in this folder may be removed.\n"
LOCK = "lock"
_NAME = re.compile(r"code-[0-9a-f]{16}")
_held: dict[Path, int] = {}  # the open mark of each, until the process ends: a folder is in use as long as its mark is locked


def cache_root() -> Path:
    """Returns the folder that all compiled code is under: `$VMENV_CACHE_DIR/vmenv`, or `vmenv` in the user's cache."""
    given = os.environ.get("VMENV_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    return (Path(given) if given else Path.home() / ".cache") / "vmenv"


def hold(folder: Path) -> bool:
    """Makes a folder for code, marks it, and keeps it from being removed until this process ends. Returns whether it is new.

    Raises:
        OSError: It cannot be made or written to, or others could write to it.
    """
    if folder in _held:
        return False
    new = not folder.exists()
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    refuse_if_not_private(folder.parent)
    while True:
        folder.mkdir(mode=0o700, exist_ok=True)
        refuse_if_not_private(folder)
        tempfile.TemporaryFile(dir=folder).close()  # numba would go and keep code elsewhere, where nobody looks whether it is out of date
        mark = os.open(folder / MARK, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        if fcntl is not None:
            with contextlib.suppress(OSError):  # some file systems have no locks: what is in use there may be removed, and is made anew
                fcntl.flock(mark, fcntl.LOCK_SH)
        if _is_there(mark, folder / MARK):
            break
        os.close(mark)  # whoever removes old code took it away between the lines above
    if os.fstat(mark).st_size == 0:
        os.write(mark, CONTENT.encode())
    os.utime(folder)
    _held[folder] = mark
    return new


def refuse_if_not_private(folder: Path) -> None:
    """Does nothing if the folder is this user's and nobody else may write to it, or the system does not tell.

    Raises:
        PermissionError: What is in it may come from somebody else.
    """
    if not hasattr(os, "getuid"):
        return
    status = folder.stat()
    if status.st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to another user, and code that is kept there gets executed")
    if status.st_mode & 0o022:
        raise PermissionError(f"others may write to {folder}, and code that is kept there gets executed: `chmod go-w` it, or remove it")


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Lets one process at a time do what follows with a folder; the others wait. Where files cannot be locked, nobody waits."""
    with (folder / LOCK).open("a") as lock:
        if fcntl is not None:
            with contextlib.suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            if fcntl is not None:
                with contextlib.suppress(OSError):
                    fcntl.flock(lock, fcntl.LOCK_UN)  # a child that was forked meanwhile has the file open too


def drop_all_but(number: int, root: Path) -> None:
    """Removes the folders of code that nobody uses, but for the last `number` that were used."""
    if fcntl is None or not root.is_dir():
        return
    folders = sorted((folder for folder in root.iterdir() if is_ours(folder)), key=_last_used_s, reverse=True)
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


def _last_used_s(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:  # another process has just removed it
        return 0.0


def _is_there(file: int, path: Path) -> bool:
    """Returns whether the open file is still the one at this path."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except OSError:
        return False
