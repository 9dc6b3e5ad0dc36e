"""`vmenv trace info` and `vmenv trace convert`: what is in a trace, and a trace as a file of vmenv's own."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmenv.cli.settings import settings_of
from vmenv.errors import SpecError

if TYPE_CHECKING:
    from vmenv.workload.table import Workload
    from vmenv.workload.trace import TraceReport

BARS = " ▁▂▃▄▅▆▇█"
NUM_BINS = 72
WHOLE_BYTES = 2**28  # a larger trace is not looked at as a whole unless it is said how much of it
DATED_S = 631_152_000  # 1990: seconds from there on are those of a clock


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to those that there are."""
    trace = commands.add_parser("trace", help="look at a trace of real work, or convert it")
    kinds = trace.add_subparsers(metavar="what", required=True)
    info = kinds.add_parser(
        "info", help="say what is in it", description="Says what is in a trace: span, VMs, what they demand, what is odd."
    )
    info.add_argument("--png", type=Path, help="draw the load over time into this file (needs matplotlib)")
    info.set_defaults(run=_info)
    convert = kinds.add_parser(
        "convert",
        help="write it as a table of VMs and their phases",
        description='Writes a trace as a table of VMs and their phases, which read_trace(OUT, "workload") reads back the same.',
    )
    convert.set_defaults(run=_convert)
    for command in (info, convert):
        command.add_argument("path", type=Path, help="a file, or a folder of files")
        if command is convert:
            command.add_argument("out", type=Path, help="a file that ends in .parquet or .csv")
        command.add_argument("settings", nargs="*", metavar="key=value", help="options of the format's reader: duration_s=3600 ...")
        command.add_argument("--format", help="one of vmenv.list_trace_formats(); without it, it is guessed")


def _info(options: argparse.Namespace) -> int:
    if options.png is not None and options.png.suffix != ".png":
        raise SpecError(f"--png {options.png} does not end in .png: give a name that does")
    format, work, report, notes = _read(options)
    print("\n".join([*_lines(options.path, format, work, report), *notes]))
    if options.png is not None:
        from vmenv.render.load import draw_load

        draw_load(work, options.png, title=f"{options.path} ({format})")
        print(f"drawn into {options.png}")
    return 0


def _convert(options: argparse.Namespace) -> int:
    from vmenv.workload.saving import write_workload

    if options.out.suffix not in (".parquet", ".csv"):
        raise SpecError(f"{options.out} ends neither in .csv nor in .parquet: give a name that does")
    format, work, _, notes = _read(options)
    write_workload(work, options.out)
    print("\n".join([f"{options.out}: {work.num_vms:,} VMs of {len(work.work_us):,} phases, read as {format}", *notes]))
    return 0


def _read(options: argparse.Namespace) -> tuple[str, Workload, TraceReport, list[str]]:
    """Returns the format, the workload, what was made of the files, and what is to be said of how much was read."""
    from vmenv.workload.files import find_files
    from vmenv.workload.guess import guess_format
    from vmenv.workload.lines import size_of
    from vmenv.workload.trace import TRACE_FORMATS, read_trace_with_report

    format = options.format or guess_format(options.path)
    reader = TRACE_FORMATS[format]
    fields = {field.name: field for field in dataclasses.fields(reader) if field.name != "progress"}
    given = settings_of(options.settings, fields, f"trace format {format!r}")
    notes: list[str] = []
    if "duration_s" in fields and "duration_s" not in given and isinstance(fields["duration_s"].default, int):
        if sum(size_of(file) for file in find_files(options.path, reader.suffixes)) <= WHOLE_BYTES:
            given["duration_s"] = 2**31 - 1
        else:
            notes.append(f"it is large: this is {fields['duration_s'].default} s of it, duration_s=N or start_s=N for more or another part")
    work, report = read_trace_with_report(options.path, format, **given)
    silent = [f"{name} ({what})" for name, what in reader.declared.items() if given.get(name) is None]
    if silent:
        notes.append(f"the trace does not tell, and so nothing is taken for: {'; '.join(silent)}")
    return format, work, report, notes


def _lines(path: Path, format: str, work: Workload, report: TraceReport) -> list[str]:
    from vmenv.workload.summary import RESOURCES, demand_of, load_over_time, times_of

    begins, ends = times_of(work)
    skipped = {"malformed": report.num_bad_rows, "repeated": report.num_repeated_rows, "of who was off": report.num_off_rows}
    skipped["parts of others"] = report.num_part_rows
    told = ", ".join(f"{number:,} {what}" for what, number in skipped.items() if number) or "all of them sound"
    lines = [
        f"{path}: {format}",
        f"span      {_time(report.first_s)} to {_time(report.last_s)} ({_long(report.last_s - report.first_s)})",
        f"rows      {report.num_rows:,}, {told}",
        f"VMs       {work.num_vms:,} of {len(work.work_us):,} phases, there for {_long((int(ends.max()) - int(begins.min())) / 1e6)}",
        "",
        f"{'demand of a VM':16}{'mean':>12}{'median':>12}{'p95':>12}{'largest':>12}{'zero':>8}",
    ]
    for resource in RESOURCES:
        of = demand_of(work, resource)
        figures = "".join(f"{value:>12,.5g}" if value < 1e5 else f"{value:>12,.0f}" for value in (of.mean, of.median, of.p95, of.most))
        lines.append(f"{resource:16}{figures}{of.zero_share:>8.1%}")
    lines += ["", f"load of all together over time, if nobody waited ({NUM_BINS} parts)"]
    for resource in RESOURCES:
        _, load = load_over_time(work, resource, NUM_BINS)
        if load.max() > 0:
            lines.append(f"{resource:16}{_bars(load)}  mean {load.mean():,.4g}, most {load.max():,.4g}")
    if report.oddities:
        lines += ["", "odd in it", *(f"  {number:,} {what}" for what, number in report.oddities.items())]
    return lines


def _bars(load: Any) -> str:
    heights = (load / load.max() * (len(BARS) - 1)).round().astype(int)
    return "".join(BARS[height] for height in heights)


def _time(seconds: int) -> str:
    if seconds < DATED_S:
        return f"{seconds:,} s"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _long(seconds: float) -> str:
    units: Sequence[tuple[str, int]] = (("days", 86_400), ("h", 3_600), ("min", 60))
    for name, size in units:
        if seconds >= 2 * size:
            return f"{seconds / size:,.1f} {name}"
    return f"{seconds:g} s"
