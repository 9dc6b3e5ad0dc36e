"""The lines and maps of `vmenv.workload.traces.azure_arrivals`."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vmenv.errors import TraceError
from vmenv.workload.lines import read_pieces

MOST_S = 2**31
INTERVAL_S = 300  # of the recording
BATCH = "|"
_LINE = re.compile(r"(\d{1,10}) ((?:[^,\s]+,)*[^,\s]*)\s*")  # the last comma is there in the description and in some files


@dataclass
class Arrivals:
    """VMs, one entry each."""

    time_s: list[int]
    sizes: list[tuple[int, int]]  # millicores, MiB
    life_s: list[float]
    was_there: list[bool]  # at the end of the recording
    new_batch: list[bool]  # whether it is the first of its batch

    def take(self, other: Arrivals) -> None:
        """Takes the VMs of another one behind those that are here."""
        for name, values in vars(other).items():
            getattr(self, name).extend(values)


def is_flavour_line(line: str) -> bool:
    """Returns whether it is a line of flavours, as far as can be told without the map."""
    found = _LINE.fullmatch(line)
    tokens = _tokens(found[2]) if found else []
    return bool(tokens) and all(token == BATCH or (len(token) == 1 and token.isalpha()) for token in tokens)


def read_lines(
    flavours: Path,
    lifetimes: Path,
    sizes: Mapping[str, tuple[int, int]],
    spans_s: Mapping[int, float],
    max_unpacked_bytes: int,
    tell: Sequence[Callable[[int], None]],
) -> Iterator[Arrivals | str]:
    """Yields the VMs of each line, or what is wrong with it, its file and number before that.

    Raises:
        TraceError: A file cannot be read, or one has more lines.
    """
    files = (flavours, lifetimes)
    lines = (_numbered(file, max_unpacked_bytes, tell[k]) for k, file in enumerate(files))
    for (number, line), (other_number, other) in itertools.zip_longest(*lines, fillvalue=(0, "")):
        if not number or not other_number:
            short, long = files if not number else files[::-1]
            raise TraceError(f"{short} ends before line {number or other_number} of {long}: give two files of the same VMs")
        first, second = _LINE.fullmatch(line), _LINE.fullmatch(other)
        if first is None or second is None:
            file, k, text = (flavours, number, line) if first is None else (lifetimes, other_number, other)
            yield f"{file}:{k}: the line is {text[:60]!r}, and no time with names behind it, commas between them"
            continue
        fault, arrivals = _vms_of(first, second, sizes, spans_s)
        yield arrivals if arrivals is not None else f"{lifetimes if fault.startswith('the lifetime') else flavours}:{number}: {fault}"


def _vms_of(
    first: re.Match[str], second: re.Match[str], sizes: Mapping[str, tuple[int, int]], spans_s: Mapping[int, float]
) -> tuple[str, Arrivals | None]:
    names, lives = _tokens(first[2]), _tokens(second[2])
    if first[1] != second[1]:
        return f"the time is {first[1]}, and {second[1]} in the file of lifetimes: they are of different VMs", None
    if int(first[1]) >= MOST_S:
        return f"the time is {first[1]} s: it must be below {MOST_S}", None
    if [name == BATCH for name in names] != [life == BATCH for life in lives]:
        return f"the line has {len(names)} flavours and ends of batches, that of lifetimes {len(lives)}, or they stand elsewhere", None
    vms = Arrivals([], [], [], [], [])
    new = True
    for name, life in zip(names, lives, strict=True):
        if name == BATCH:
            new = True
            continue
        if name not in sizes:
            return f"the flavour {name[:20]!r} is not in the map of flavours", None
        number = int(life[1:]) if life[:1] in ("U", "C") and life[1:].isdecimal() and len(life) < 8 else -1
        if number not in spans_s:
            return f"the lifetime {life[:20]!r} is not U or C with a number that the map of intervals has", None
        vms.time_s.append(int(first[1]))
        vms.sizes.append(sizes[name])
        vms.life_s.append(spans_s[number])
        vms.was_there.append(life[0] == "C")
        vms.new_batch.append(new)
        new = False
    return "", vms


def _tokens(text: str) -> list[str]:
    return text.removesuffix(",").split(",") if text else []


def _numbered(file: Path, max_unpacked_bytes: int, tell: Callable[[int], None]) -> Iterator[tuple[int, str]]:
    """Yields the lines of a file that are not blank, and their numbers."""
    for piece in read_pieces(file, max_unpacked_bytes, tell):
        for k, line in enumerate(piece.lines):
            if line.strip():
                yield piece.first_line + k, line


def flavours_in(file: Path) -> dict[str, tuple[int, int]]:
    """Returns millicores and MiB of each flavour, from lines like `2,3.5 g`.

    Raises:
        TraceError: The file cannot be read, or a line is malformed.
    """
    sizes: dict[str, tuple[int, int]] = {}
    for number, line in _numbered(file, 2**20, lambda done_bytes: None):
        found = re.fullmatch(r"(\d+(?:\.\d+)?),(\d+(?:\.\d+)?) (\S+)\s*", line)
        if found is None or not 0 < float(found[1]) <= 10_000 or float(found[2]) > 2**15:
            raise TraceError(f"{file}:{number}: the line is {line[:60]!r}: it must be like '2,3.5 g', vCPUs, GB and a name")
        sizes[found[3]] = math.ceil(float(found[1]) * 1000), math.ceil(float(found[2]) * 1024)
    return sizes


def lifetimes_in(file: Path) -> dict[int, float]:
    """Returns the lifetime in the middle of each bin, from lines like `7500 14`, a lifetime and its bin.

    Raises:
        TraceError: The file cannot be read, or a line is malformed.
    """
    bins: dict[int, list[int]] = {}
    for number, line in _numbered(file, 2**24, lambda done_bytes: None):
        found = re.fullmatch(r"(\d{1,9}) (\d{1,6})\s*", line)
        if found is None:
            raise TraceError(f"{file}:{number}: the line is {line[:60]!r}: it must be like '7500 14', a lifetime in seconds and its bin")
        bins.setdefault(int(found[2]), []).append(int(found[1]))
    return {k: (min(spans) + max(spans)) / 2 or INTERVAL_S / 2 for k, spans in bins.items()}
