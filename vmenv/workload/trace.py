"""What a trace reader is: a frozen set of options that turns files into a workload, found by name."""

from __future__ import annotations

import dataclasses
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from vmenv.checks import check_integer
from vmenv.errors import SpecError
from vmenv.registry import Registry
from vmenv.workload.files import PathLike, find_files
from vmenv.workload.lines import Progress
from vmenv.workload.table import Workload


@dataclass(frozen=True, kw_only=True)
class TraceReport:
    """What a reader made of the files.

    Attributes:
        files: The file of each VM, in the order of the workload's VMs.
        left_out: Files without a sample in the window, so without a VM.
        start_s: Where the window starts, in Unix seconds, or in the trace's own where it has no dates.
        first_s: The first sample, or the first job's submission, of all files, likewise.
        last_s: The last sample of all files.
        num_rows: Rows of all files, the malformed and left out ones included.
        num_bad_rows: Malformed rows that were skipped.
        num_repeated_rows: Rows dropped because another row of the file has the same timestamp.
        num_off_rows: Rows, after that, in which the VM was off.
        num_part_rows: Rows left out because they tell a part of what another row tells whole.
        oddities: What else was odd in it, in words, and how often; what never happened is not listed.
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
    oddities: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TraceReader(ABC):
    """A reader of one format.

    To write one, subclass as a frozen, keyword-only dataclass whose fields are its options, check them in `__post_init__`, and write
    `read`, over the lines of `vmenv.workload.lines.read_pieces`. `@TRACE_FORMATS.register("name")` makes it known.

    Args:
        max_unpacked_bytes: What a gzipped file may unpack to: a few kilobytes can hold more than a memory does.
        progress: A function (done_bytes, total_bytes) that is called as the files are read, with their bytes on the disk.

    Attributes:
        suffixes: How the names of the files in a folder end, before a ".gz".
        declared: Options that say what the format does not tell and a host must know. They are None until they are given: `read_trace`
            then takes nothing for it, and who plays the trace on a host asks for them.

    Raises:
        SpecError: `max_unpacked_bytes` is no positive whole number, or `progress` no function.
    """

    suffixes: ClassVar[tuple[str, ...]]
    declared: ClassVar[Mapping[str, str]] = {}  # what each says, for the message that asks for it

    max_unpacked_bytes: int = 2**30
    progress: Progress | None = field(default=None, compare=False, repr=False)  # it tells, and changes nothing

    def __post_init__(self) -> None:
        check_integer("max_unpacked_bytes", self.max_unpacked_bytes, least=1, most=2**63 - 1)
        if self.progress is not None and not callable(self.progress):
            raise SpecError(f"progress is {self.progress!r}: give a function (done_bytes, total_bytes)")

    @classmethod
    def sniff(cls, files: Sequence[Path]) -> bool:
        """Returns whether the first of `files` looks like this format, at the cost of its first lines."""
        return False

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
        **options: The options of the format's reader; those left out keep their defaults. All have `max_unpacked_bytes` and `progress`.

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


def check_takes(
    path: PathLike | Iterable[PathLike], format: str, *options: str, given: Mapping[str, Any] | None = None, called: str = "reader"
) -> None:
    """Checks that a trace is there and that its reader can cut windows of it that a host can play.

    Args:
        path: As in `read_trace`.
        format: As in `read_trace`.
        *options: What the reader must have.
        given: What it is going to be given beside those.
        called: What `given` is called where the user gives it.

    Raises:
        UnknownNameError: No format has this name.
        SpecError: It lacks an option, a value is not allowed, or what the trace does not tell is not declared.
        TraceError: There is no such file.
    """
    fit = [name for name in list_trace_formats() if set(options) <= _options_of(TRACE_FORMATS[name])]
    missing = [option for option in options if option not in _options_of(TRACE_FORMATS[format])]
    if missing:
        raise SpecError(f"trace format {format!r} has no option {missing[0]!r}, by which windows are cut: give one of {', '.join(fit)}")
    if given is not None and not isinstance(given, Mapping):
        raise SpecError(f"{called} is {given!r}: give a dict of options of trace format {format!r}")
    taken = [option for option in options if option in (given or {})]
    if taken:
        raise SpecError(f"{called} has {taken[0]!r}, which the scenario itself decides: leave it out")
    made: TraceReader = TRACE_FORMATS.make(format, **(given or {}))
    silent = [name for name in made.declared if getattr(made, name) is None]
    if silent:
        wanted = ", ".join(f"{name!r}: ..." for name in silent)
        told = "; ".join(f"{name} is {made.declared[name]}" for name in silent)
        raise SpecError(f"trace format {format!r} does not tell all that a host must know: give {called}={{{wanted}}} ({told})")
    find_files(path, made.suffixes)


def _options_of(reader: type[TraceReader]) -> set[str]:
    return {field.name for field in dataclasses.fields(reader)}
