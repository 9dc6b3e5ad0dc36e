"""What a trace reader is: a frozen set of options that turns files into a workload, found by name."""

from __future__ import annotations

import dataclasses
import gzip
import os
import re
import warnings
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

from vmenv.errors import SpecError, TraceError
from vmenv.registry import Registry
from vmenv.workload.table import Workload

PathLike: TypeAlias = str | os.PathLike[str]


@dataclass(frozen=True, kw_only=True)
class TraceReport:
    """What a reader made of the files.

    Attributes:
        files: The file of each VM, in the order of the workload's VMs.
        left_out: Files without a sample in the window, so without a VM.
        start_s: Where the window starts, in Unix seconds.
        first_s: The first sample of all files, in Unix seconds.
        last_s: The last sample of all files.
        num_rows: Rows of all files, the malformed and left out ones included.
        num_bad_rows: Malformed rows that were skipped.
        num_repeated_rows: Rows dropped because another row of the file has the same timestamp.
        num_off_rows: Rows, after that, in which the VM was off.
        num_part_rows: Rows left out because they tell a part of what another row tells whole.
    """

    files: tuple[Path, ...]
    left_out: tuple[Path, ...]
    start_s: int
    first_s: int
    last_s: int
    num_rows: int
    num_bad_rows: int
    num_repeated_rows: int
    num_off_rows: int
    num_part_rows: int = 0


@dataclass(frozen=True, kw_only=True)
class TraceReader(ABC):
    """A reader of one format.

    To write one, subclass as a frozen, keyword-only dataclass whose fields are its options, check them in `__post_init__`, and write
    `read`. `@TRACE_FORMATS.register("name")` makes it known.

    Attributes:
        suffixes: How the names of the files in a folder end, before a ".gz".
    """

    suffixes: ClassVar[tuple[str, ...]]

    @abstractmethod
    def read(self, files: Sequence[Path]) -> tuple[Workload, TraceReport]:
        """Returns the workload in `files`, and what was made of them.

        Raises:
            TraceError: A file cannot be read, or nothing is left.
        """


TRACE_FORMATS: Registry[type[TraceReader]] = Registry("trace format", "vmenv.workload.traces", base=TraceReader)


def list_trace_formats() -> list[str]:
    """Returns the names of all trace formats."""
    return TRACE_FORMATS.names()


def read_trace(path: PathLike | Iterable[PathLike], format: str, **options: Any) -> Workload:
    """Returns the workload in a trace; warns when malformed rows were skipped.

    Args:
        path: A file (plain or gzipped), a folder of files (its subfolders are not read), or a list of these. The files of a folder
            are taken in natural order (2 before 10), those of a list as listed.
        format: One of `list_trace_formats()`.
        **options: The options of the format's reader; those left out keep their defaults.

    Raises:
        UnknownNameError: No format has this name.
        SpecError: The format has no such option, or the value is not allowed.
        TraceError: A file is missing or cannot be read, or nothing is left.
    """
    workload, report = read_trace_with_report(path, format, **options)
    if report.num_bad_rows:
        text = f"skipped {report.num_bad_rows} malformed rows of {report.num_rows}; skip_bad_rows=False says which is the first"
        warnings.warn(text, stacklevel=2)
    return workload


def read_trace_with_report(path: PathLike | Iterable[PathLike], format: str, **options: Any) -> tuple[Workload, TraceReport]:
    """As `read_trace`, but returns also what was made of the files, and does not warn."""
    reader: TraceReader = TRACE_FORMATS.make(format, **options)
    return reader.read(find_files(path, reader.suffixes))


def check_takes(format: str, *options: str) -> None:
    """Checks that the reader of a format has these options, for who is going to read windows of a trace.

    Raises:
        UnknownNameError: No format has this name.
        SpecError: It lacks one.
    """
    fit = [name for name in list_trace_formats() if set(options) <= _options_of(TRACE_FORMATS[name])]
    missing = [option for option in options if option not in _options_of(TRACE_FORMATS[format])]
    if missing:
        raise SpecError(f"trace format {format!r} has no option {missing[0]!r}, by which windows are cut: give one of {', '.join(fit)}")


def _options_of(reader: type[TraceReader]) -> set[str]:
    return {field.name for field in dataclasses.fields(reader)}


def find_files(path: PathLike | Iterable[PathLike], suffixes: Sequence[str]) -> list[Path]:
    """Returns the files that `path` means, at least one.

    Raises:
        SpecError: It is no path.
        TraceError: Nothing is there, or a folder holds no such file, or one both plain and gzipped.
    """
    given = [path] if isinstance(path, (str, os.PathLike)) else list(path) if isinstance(path, Iterable) else [path]
    files: list[Path] = []
    for one in given:
        if not isinstance(one, (str, os.PathLike)):
            raise SpecError(f"path is {path!r}: give a file, a folder, or a list of files")
        place = Path(one)
        if place.is_dir():
            files += _files_in(place, suffixes)
        elif place.is_file():
            files.append(place)
        else:
            raise TraceError(f"{place} does not exist (looked at {place.absolute()}): give a file, a folder, or a list of files")
    if not files:
        raise TraceError("path is an empty list: give a file, a folder, or a list of files")
    return files


def read_lines(path: Path) -> list[str]:
    """Returns the lines of a plain or gzipped text file; bytes that are not UTF-8 become replacement characters.

    Raises:
        TraceError: The file cannot be opened or unpacked.
    """
    try:
        content = path.read_bytes()
        if content.startswith(b"\x1f\x8b"):  # by content: browsers and copies unpack a file and keep its name
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise TraceError(f"{path}: cannot be read ({error}): fetch it again, or leave it out") from error
    return content.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").removesuffix("\n").split("\n")


def _files_in(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    """Returns the files in `folder` that end as they should, in natural order."""
    files: dict[str, Path] = {}
    for file in folder.iterdir():
        name = file.name.removesuffix(".gz")
        if file.is_file() and name.endswith(tuple(suffixes)) and not name.startswith("."):
            if name in files:
                raise TraceError(f"{folder} holds {name} both plain and gzipped, so it would be read twice: remove one, or list the files")
            files[name] = file
    if not files:
        wanted = " or ".join(f"*{suffix}[.gz]" for suffix in suffixes)
        folders = sorted(place.name for place in folder.iterdir() if place.is_dir())
        hint = f"give one of its subfolders ({', '.join(folders)})" if folders else "give the folder that holds the trace"
        raise TraceError(f"{folder} holds no file {wanted}: {hint}")
    return [files[name] for name in sorted(files, key=_natural)]


def _natural(name: str) -> list[tuple[int, str]]:
    """Returns a sort key that puts 2 before 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
