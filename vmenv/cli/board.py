"""`vmenv board`: shows rows as a board, and verifies them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from vmenv.errors import SpecError

EXAMPLES = """examples:
  vmenv board show mine.csv others.csv.gz           # one board of all rows
  vmenv board verify mine.csv                       # what is said of the rows, and 3 episodes of each policy played again
  vmenv board verify mine.csv --all --trust my_module
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to those that there are."""
    board = commands.add_parser(
        "board",
        help="show and verify rows that vmenv evaluate wrote",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = board.add_subparsers(metavar="show|verify", required=True)
    show = actions.add_parser("show", help="print a board")
    show.add_argument("rows", nargs="+", type=Path, help="files of rows")
    show.set_defaults(run=_show)
    check = actions.add_parser(
        "verify",
        help="check rows, and play some of them again",
        description="Checks rows, and plays some of them again. Exit status 1 if something is wrong, and a line for each thing that is. "
        "Code of others is run only from modules that --trust names.",
    )
    check.add_argument("rows", nargs="+", type=Path, help="files of rows")
    check.add_argument("--all", action="store_true", help="play all episodes again")
    check.add_argument("--sample", type=int, default=3, help="episodes of each policy on each scenario that are played again (default: 3)")
    check.add_argument("--seed", type=int, help="of the sample (default: one that nobody knows beforehand)")
    check.add_argument("--trust", action="append", default=[], metavar="MODULE", help="run policies of this module")
    check.set_defaults(run=_verify)


def _show(options: argparse.Namespace) -> int:
    from vmenv.leaderboard.overview import document
    from vmenv.leaderboard.rows import read_rows

    rows = [row for file in options.rows for row in read_rows(file)]
    if not rows:
        raise SpecError(f"{options.rows[0]} holds no row: give a file of rows that vmenv evaluate wrote")
    print(document(rows))
    return 0


def _verify(options: argparse.Namespace) -> int:
    import secrets

    from vmenv.checks import check_integer
    from vmenv.leaderboard.rows import read_rows
    from vmenv.leaderboard.verifying import verify

    check_integer("--sample", options.sample, least=1, most=10**6)
    sys.path.insert(0, "")  # modules of one's own lie where one stands
    rows = [row for file in options.rows for row in read_rows(file)]
    seed = secrets.randbits(32) if options.seed is None else check_integer("--seed", options.seed)
    found = verify(
        rows,
        sample=None if options.all else options.sample,
        trusted=options.trust,
        seed=seed,
        tell=lambda name: print(f"playing {name}", file=sys.stderr, flush=True),
    )
    for finding in found.findings:
        print(finding)
    told = "nothing is wrong with them" if not found.findings else f"{len(found.findings)} things are wrong with them"
    print(f"{found.num_rows} rows, {found.num_played} of them played again (sample {seed}): {told}")
    return 1 if found.findings or not rows else 0
