"""The leaderboard's picture: what is drawn of its entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from vmenv.leaderboard.board import Entry, in_seconds
from vmenv.leaderboard.picture import Dot, draw_dots, write_picture
from vmenv.leaderboard.score import Interval

SORTS = {"own": "entrant"}  # what other entries are called there


def draw_board(
    board: Sequence[Entry],
    objective: str,
    origins: Mapping[str, str],
    path: Path,
    *,
    title: str,
    references: Sequence[str] = (),
    bound: float | None = None,
) -> None:
    """Writes the picture as PNG and as SVG.

    Args:
        board: The entries, the best first; those that are not ranked are left out.
        objective: What is shown.
        origins: For each policy "heuristic", "own", "tuned" or "learned".
        path: Of the picture.
        title: What stands above.
        references: Policies that are drawn however bad they are.
        bound: What no policy costs less than, on the mean; None: not known.
    """
    unit, scale = in_seconds(objective)
    figure = draw_dots(
        dots_of(board, origins, scale), title, unit, always=references, bound=None if bound is None else ("lower bound", scale * bound)
    )
    write_picture(figure, path)


def dots_of(board: Sequence[Entry], origins: Mapping[str, str], scale: float) -> list[Dot]:
    """Returns the ranked entries as rows of a picture; those with the same costs and interval, of one sort, share a row."""
    found: dict[tuple[Interval, str], list[str]] = {}
    for entry in board:
        if not entry.missing:
            sort = "clairvoyant" if entry.information == "clairvoyant" else origins[entry.name]
            found.setdefault((entry.score, SORTS.get(sort, sort)), []).append(entry.name)
    return [Dot(tuple(names), score.times(scale), sort) for (score, sort), names in found.items()]
