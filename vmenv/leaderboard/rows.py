"""Rows of a comparison in one file of CSV, one an episode: what is published, and what is verified."""

from __future__ import annotations

import csv
import gzip
import io
import lzma
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from vmenv.episodes.files import write_whole
from vmenv.errors import SpecError
from vmenv.leaderboard.contests import metrics_shown, scenario_from
from vmenv.leaderboard.units import Row

SAID = (
    *("scenario", "policy", "information", "parameters", "scenario_digest", "policy_digest", "code", "versions", "machine", "commit"),
    *("seed", "num_decisions", "digest"),
)  # columns that every row has; the others are metrics


DIGITS = 7  # of the metrics of narrow rows
DIGEST_LENGTH = 12  # of theirs: another episode has the same with a chance of 2**-48
PACKED: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    ".gz": (partial(gzip.compress, mtime=0), gzip.decompress),
    ".xz": (lzma.compress, lzma.decompress),
}
ORDER = ("scenario", "scenario_digest", "policy", "policy_digest", "seed")


def narrowed(rows: Sequence[Row]) -> list[Row]:
    """Returns rows with what a board shows alone, to seven digits, and the first twelve of the digests'. Packed, a tenth of the size."""
    kept: dict[tuple[str, str], list[str]] = {}
    found = []
    for row in rows:
        about = row["scenario"], row["parameters"]
        if about not in kept:
            scenario = scenario_from(*about)
            kept[about] = [scenario.objective, *(metric for metric, _ in metrics_shown(scenario).values()), "unit_s"]
        metrics = {name: float(f"{row[name]:.{DIGITS}g}") for name in kept[about] if name in row}
        found.append({name: row[name] for name in SAID} | metrics | {"digest": row["digest"][:DIGEST_LENGTH]})
    return found


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Writes rows, sorted by scenario, policy and seed; packed if the name ends in .gz or .xz. Scenarios may have different metrics."""
    metrics = sorted({name for row in rows for name in row} - set(SAID))
    text = io.StringIO()
    writer = csv.DictWriter(text, [*SAID[:-2], *metrics, *SAID[-2:]], lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        sorted(rows, key=lambda row: (row["scenario"], row["scenario_digest"], row["policy"], row["policy_digest"], row["seed"]))
    )
    content = text.getvalue().encode()
    pack = PACKED[path.suffix][0] if path.suffix in PACKED else bytes
    write_whole(path, pack(content))


def read_rows(path: Path) -> list[Row]:
    """Returns the rows of a file; metrics are numbers, and those that a scenario does not have are left out.

    Raises:
        SpecError: The file cannot be read, lacks a column, or a number is none.
    """
    try:
        content = path.read_bytes()
        unpack = PACKED[path.suffix][1] if path.suffix in PACKED else bytes
        text = unpack(content).decode()
    except (OSError, EOFError, ValueError, lzma.LZMAError) as error:
        raise SpecError(f"{path} cannot be read ({error}): give a file of rows that vmenv evaluate wrote") from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    lacking = [name for name in SAID if name not in (reader.fieldnames or ())]
    if lacking:
        raise SpecError(f"{path} has no column {lacking[0]!r}: give a file of rows that vmenv evaluate wrote")
    return [_typed(row, f"{path}:{number}") for number, row in enumerate(reader, start=2)]


def _typed(row: dict[str, str], where: str) -> Row:
    found: Row = {}
    for name, text in row.items():
        if name is None or text is None:
            raise SpecError(f"{where}: the row has another number of fields than the header")
        try:
            if name in ("seed", "num_decisions"):
                found[name] = int(text)
            elif name in SAID:
                found[name] = text
            elif text:
                found[name] = float(text)
        except ValueError:
            raise SpecError(f"{where}: {name} is {text!r}, which is no number") from None
    return found
