"""Which files a path means."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

from vmenv.errors import SpecError, TraceError

PathLike: TypeAlias = str | os.PathLike[str]


def find_files(path: PathLike | Iterable[PathLike], suffixes: Sequence[str]) -> list[Path]:
    """Returns the files that `path` means, at least one.

    Raises:
        SpecError: It is no path.
        TraceError: Nothing is there, or a folder cannot be read, holds no such file, or one both plain and gzipped.
    """
    given = [path] if isinstance(path, (str, os.PathLike)) else list(path) if isinstance(path, Iterable) else [path]
    files: list[Path] = []
    for one in given:
        if not isinstance(one, (str, os.PathLike)):
            raise SpecError(f"path is {path!r}: give a file, a folder, or a list of files")
        place = Path(one)
        try:
            is_folder, is_file = place.is_dir(), place.is_file()
        except (OSError, ValueError) as error:  # a name that no file can have
            raise TraceError(f"{str(place)[:100]!r} is no path ({error}): give a file, a folder, or a list of files") from error
        if is_folder:
            files += _files_in(place, suffixes)
        elif is_file:
            files.append(place)
        else:
            raise TraceError(f"{place} does not exist (looked at {place.absolute()}): give a file, a folder, or a list of files")
    if not files:
        raise TraceError("path is an empty list: give a file, a folder, or a list of files")
    return files


def _files_in(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    """Returns the files in `folder` that end as they should, in natural order."""
    files: dict[str, Path] = {}
    try:
        places = sorted(folder.iterdir())
    except OSError as error:
        raise TraceError(f"{folder} cannot be read ({error}): give a folder that can be, or a list of files") from error
    for file in places:
        name = file.name.removesuffix(".gz")
        if file.is_file() and name.endswith(tuple(suffixes)) and not name.startswith("."):
            if name in files:
                raise TraceError(f"{folder} holds {name} both plain and gzipped, so it would be read twice: remove one, or list the files")
            files[name] = file
    if not files:
        wanted = " or ".join(f"*{suffix}[.gz]" for suffix in suffixes)
        folders = [place.name for place in places if place.is_dir()]
        hint = f"give one of its subfolders ({', '.join(folders)})" if folders else "give the folder that holds the trace"
        raise TraceError(f"{folder} holds no file {wanted}: {hint}")
    return [files[name] for name in sorted(files, key=_natural)]


def _natural(name: str) -> list[tuple[int, str]]:
    """Returns a sort key that puts 2 before 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
