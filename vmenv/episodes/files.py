"""Files that are written whole or not at all, and folders that one process at a time writes to."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from vmenv.errors import SpecError

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]  # a system without it has no such locks

LOCK = ".lock"


def write_whole(path: Path, content: str | bytes) -> None:
    """Writes a file whole or not at all: under another name beside it first, which takes its place when the disk has it.

    Raises:
        OSError: It cannot be written; then what was there before stays, and nothing is left beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        sync_folder(path.parent)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:  # a write does not say to which file
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def sync_folder(folder: Path) -> None:
    """Lets the disk know which name stands for which file; without this a power cut may take the new name back."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Keeps other processes from a folder while the context lasts, however this process ends.

    Raises:
        SpecError: Another process writes there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a") as file:
        try:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SpecError(f"another process writes to {folder}: wait for its end, or give another folder") from error
        yield
