"""The beginning of a file, for guessing what it is."""

from __future__ import annotations

import zlib
from pathlib import Path

from vmenv.errors import TraceError
from vmenv.workload.lines import lines_of, read_texts


def first_lines(file: Path, number: int) -> list[str]:
    """Returns some lines of a plain or gzipped text file, "" in place of those that are not there or cannot be read."""
    lines: list[str] = []
    try:
        for text in read_texts(file, 2**26, lambda done_bytes: None):
            lines += lines_of(text)
            if len(lines) >= number:
                break
    except (TraceError, zlib.error):
        pass
    return (lines + [""] * number)[:number]


def first_bytes(file: Path, number: int) -> bytes:
    """Returns how a file begins, nothing if it cannot be read."""
    try:
        with file.open("rb") as opened:
            return opened.read(number)
    except OSError:
        return b""
