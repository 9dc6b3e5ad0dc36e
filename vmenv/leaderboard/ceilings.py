"""Lower bounds of episodes in a file: they take seconds to compute and stay what they are."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from vmenv.episodes.files import write_whole
from vmenv.errors import SpecError
from vmenv.leaderboard.contests import Bounds

COLUMNS = ("scenario_digest", "seed", "bound")


def read_bounds(path: Path) -> dict[str, dict[int, float]]:
    """Returns the bounds of a file by scenario and seed; none if there is no such file.

    Raises:
        SpecError: It holds something else.
    """
    found: dict[str, dict[int, float]] = {}
    if not path.exists():
        return found
    try:
        reader = csv.DictReader(io.StringIO(path.read_text(), newline=""))
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ValueError(f"its columns are not {', '.join(COLUMNS)}")
        for row in reader:
            found.setdefault(row["scenario_digest"], {})[int(row["seed"])] = float(row["bound"])
    except (OSError, ValueError, TypeError) as error:
        raise SpecError(f"{path} holds no bounds ({error}): remove it, they will be computed again") from error
    return found


def write_bounds(path: Path, bounds: Mapping[str, Mapping[int, float]] | Bounds) -> None:
    """Writes bounds, sorted by scenario and seed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for digest, own in sorted(bounds.items()):
        writer.writerows((digest, seed, own[seed]) for seed in sorted(own))
    write_whole(path, text.getvalue())
