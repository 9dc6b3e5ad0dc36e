"""A board is a folder of files of rows, one for each that was submitted; rows come into it when they have been verified."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from vmenv.episodes.files import write_whole
from vmenv.errors import SpecError
from vmenv.leaderboard.contests import entry_name
from vmenv.leaderboard.rows import narrowed, read_rows, write_rows
from vmenv.leaderboard.units import Row
from vmenv.leaderboard.verifying import TIERS, Reached, Verified

ENDINGS = (".csv", ".csv.gz", ".csv.xz")
BOUNDS = "bounds.csv"  # in the folder of a board


def files_of(folder: Path) -> list[Path]:
    """Returns the files of rows of a board."""
    return sorted(file for file in folder.iterdir() if file.name.endswith(ENDINGS) and file.name != BOUNDS)


def read_board(path: Path) -> list[Row]:
    """Returns the rows of a file, or of all files of a folder."""
    return [row for file in (files_of(path) if path.is_dir() else [path]) for row in read_rows(file)]


def add(rows: Sequence[Row], verified: Verified, folder: Path, name: str) -> Path:
    """Writes verified rows into a board, as one of its files, and returns that; what was in that file before is replaced.

    Args:
        rows: What was verified.
        verified: What came out.
        folder: The board.
        name: Of the file, without ending.

    Raises:
        SpecError: Something is wrong with the rows, nothing was played again, or a policy stands on the board with other rows already.
    """
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name) or name == Path(BOUNDS).stem:
        raise SpecError(f"name is {name!r}: give letters, digits, points and dashes, and not {Path(BOUNDS).stem!r}")
    if verified.findings:
        raise SpecError(f"{len(verified.findings)} things are wrong with the rows, the first: {verified.findings[0]}")
    alone = [one for one in verified.reached if one.tier == TIERS[0]]
    if alone or not rows:
        told = f"{alone[0].policy} on {alone[0].scenario}" if alone else "the file"
        raise SpecError(f"no episode of {told} was played again: verify all of the rows")
    file = folder / f"{name}.csv.xz"
    others = {(row["scenario_digest"], entry_name(row["policy"])) for one in folder_files(folder) if one != file for row in read_rows(one)}
    for row in rows:
        if (row["scenario_digest"], entry_name(row["policy"])) in others:
            raise SpecError(f"{row['policy']} stands on the board already for {row['scenario']}: give your policy another name")
    write_rows(file, narrowed(rows))
    return file


def folder_files(folder: Path) -> list[Path]:
    """Returns the files of a board, which may not be there yet."""
    return files_of(folder) if folder.is_dir() else []


def tiers(reached: Sequence[Reached]) -> dict[str, str]:
    """Returns of each policy the tier that all its rows have reached, with numbers."""
    groups: dict[str, list[Reached]] = defaultdict(list)
    for one in reached:
        groups[one.policy].append(one)
    found = {}
    for policy, own in groups.items():
        tier = min((one.tier for one in own), key=TIERS.index)
        played, rows = (sum(getattr(one, name) for one in own) for name in ("num_played", "num_rows"))
        found[policy] = f"{tier} ({played} of {rows} episodes played again, {len(own)} scenario{'s' * (len(own) > 1)})"
    return found


def write_tiers(path: Path, reached: Sequence[Reached], seed: int) -> None:
    """Writes the tier of each policy on each scenario, with the seed of what was drawn, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["policy", "policy_digest", "scenario", "tier", "rows", "played_again", "fresh_minus_frozen", "low", "high", "chance", "seed"]
    )
    for one in reached:
        told = ["", "", "", ""] if one.fresh is None else [f"{value:.7g}" for value in (*_ends(one), one.fresh.chance)]
        writer.writerow([*one[:4], one.num_rows, one.num_played, *told, seed])
    write_whole(path, text.getvalue())


def _ends(one: Reached) -> tuple[float, float, float]:
    assert one.fresh is not None
    return one.fresh.difference.mean, one.fresh.difference.low, one.fresh.difference.high
