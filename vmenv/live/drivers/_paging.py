"""Where the memory of a guest goes that is paged out: into a file on a disk, or into swap space, where the machine has that alone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

IN_MEMORY = ("tmpfs", "ramfs", "devtmpfs", "hugetlbfs")  # file systems from which nothing goes anywhere but to swap space
NO_FILE = -1


def make_file(folder: str) -> int:
    """Returns the descriptor of a new file, which is gone when nobody has it open; NO_FILE where none can be, or it would be in memory.

    Args:
        folder: Where; "": where temporary files are.
    """
    if _file_obstacle(folder):
        return NO_FILE
    try:
        with tempfile.TemporaryFile(dir=folder or None) as file:
            return os.dup(file.fileno())
    except OSError:
        return NO_FILE


def obstacle(folder: str) -> str:
    """Returns why memory cannot be paged out, with files in this folder, "" if it can."""
    reason = _file_obstacle(folder)
    return f"{reason}, and there is no swap space: give page_folder=FOLDER, on a disk" if reason and not _has_swap() else ""


def _file_obstacle(folder: str) -> str:
    where = Path(folder or tempfile.gettempdir()).resolve()
    if not os.access(where, os.W_OK | os.X_OK):
        return f"{where} cannot be written to"
    kind = _file_system(where)
    return f"{where} is in memory itself ({kind})" if kind in IN_MEMORY else ""


def _has_swap() -> bool:
    return len(_lines("/proc/swaps")) > 1  # below its head


def _file_system(folder: Path) -> str:
    """Returns the kind of file system that a folder is on."""
    mounts = {fields[4]: line.partition(" - ")[2].split()[0] for line in _lines("/proc/self/mountinfo") if (fields := line.split())}
    return next((mounts[str(above)] for above in (folder, *folder.parents) if str(above) in mounts), "")


def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text().splitlines()
    except OSError:
        return []
