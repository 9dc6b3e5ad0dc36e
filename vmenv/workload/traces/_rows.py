"""Rows of numbers, many at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vmenv.host.state import Floats


def numbers_in(lines: Sequence[str], num_fields: int, separator: str | None) -> Floats:
    """Returns (R, num_fields) the numbers in R lines, none of them blank; NaN in the whole row where a line is no such row.

    Args:
        lines: The lines.
        num_fields: Of each.
        separator: Between fields; None: white space.
    """
    if not lines:
        return np.empty((0, num_fields))
    try:
        # It takes no number that float() does not take, but not all that it does ("1_000"), and no rows of different lengths.
        table = np.loadtxt(lines, delimiter=separator, comments=None, ndmin=2)
    except ValueError:
        table = np.empty((0, 0))
    if table.shape != (len(lines), num_fields):
        table = np.array([_numbers(line, num_fields, separator) for line in lines])
    return table


def _numbers(line: str, num_fields: int, separator: str | None) -> list[float]:
    try:
        numbers = [*map(float, line.split(separator))]
    except ValueError:
        numbers = []
    return numbers if len(numbers) == num_fields else [np.nan] * num_fields
