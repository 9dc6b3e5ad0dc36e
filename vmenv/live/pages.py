"""What pages about real guests have in common: cells over repetitions, and the file."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from vmenv.episodes.files import write_whole
from vmenv.errors import SpecError


def spread(values: Sequence[float], form: str = "{:.0f}") -> str:
    """Returns the median, and in brackets the least and the largest where they are not the same."""
    middle, least, most = (form.format(value) for value in (statistics.median(values), min(values), max(values)))
    return middle if least == most else f"{middle} [{least}, {most}]"


def ranking(measured: Mapping[str, float], predicted: Mapping[str, float]) -> str:
    """Returns who is best in what was measured, and whether that is as predicted: who ties there may come in any order."""
    real, said = (sorted(costs, key=costs.__getitem__) for costs in (measured, predicted))
    pairs = [(one, other) for k, one in enumerate(said) for other in said[k + 1 :]]
    apart = [pair for pair in pairs if not math.isclose(*map(predicted.__getitem__, pair), rel_tol=1e-9)]
    swapped = [f"{one} and {other}" for one, other in apart if real.index(one) > real.index(other)]
    if pairs and not apart:
        return f"{', '.join(real)}; predicted is that all are alike."
    return ", ".join(real) + "; " + ("as predicted." if not swapped else f"predicted the other way round: {', '.join(swapped)}.")


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
