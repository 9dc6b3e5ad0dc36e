"""What pages about real guests have in common: cells over repetitions, and the file."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

from vmenv.episodes.files import write_whole
from vmenv.errors import SpecError


def spread(values: Sequence[float], form: str = "{:.0f}") -> str:
    """Returns the median, and in brackets the least and the largest where they are not the same."""
    middle, least, most = (form.format(value) for value in (statistics.median(values), min(values), max(values)))
    return middle if least == most else f"{middle} [{least}, {most}]"


def write_page(folder: Path, name: str, page: str) -> Path:
    """Writes a page into a folder, and returns its file.

    Raises:
        SpecError: It cannot be written.
    """
    try:
        write_whole(folder / name, page)
    except OSError as error:
        raise SpecError(f"--out {folder} cannot be written to ({error}): give a folder where it can") from error
    return folder / name
