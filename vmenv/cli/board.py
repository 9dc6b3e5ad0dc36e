"""`vmenv board`: shows rows as a board, verifies them, and adds them to one."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmenv.errors import SpecError

if TYPE_CHECKING:
    from vmenv.leaderboard.verifying import Verified

EXAMPLES = """examples:
  vmenv board show mine.csv experiments/results/board   # one board of all rows; a folder is all files of rows in it
  vmenv board verify mine.csv                           # what is said of the rows, and 3 episodes of each policy played again
  vmenv board verify mine.csv --all --fresh 50 --trust my_module
  vmenv board add mine.csv --board experiments/results/board --name mine
  vmenv board report mine.csv experiments/results/board --out report.html
"""
ROWS = "files of rows, or folders of such files"
BOUNDS_HELP = "file of lower bounds; what it lacks is added (default: bounds.csv in the first folder, or in runs)"


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to those that there are."""
    board = commands.add_parser(
        "board",
        help="show, verify and collect rows that vmenv evaluate wrote",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = board.add_subparsers(metavar="show|verify|add|report", required=True)
    show = actions.add_parser("show", help="print a board")
    _add_rows(show)
    show.add_argument("--out", type=Path, help="write it to this file of Markdown instead, with what it was made from")
    show.set_defaults(run=_show)
    check = actions.add_parser(
        "verify",
        help="check rows, and play some of them again",
        description="Checks rows, and plays some of them again. Exit status 1 if something is wrong, and a line for each thing that is. "
        "Code of others is run only from modules that --trust names.",
    )
    check.add_argument("rows", nargs="+", type=Path, help=ROWS)
    _add_checks(check)
    check.add_argument("--series", type=int, help="play episodes of so many policies on scenarios, drawn by chance (default: of all)")
    check.add_argument("--tiers", type=Path, metavar="FILE", help="write the tier that each policy reaches on each scenario, as CSV")
    check.set_defaults(run=_verify)
    enter = actions.add_parser(
        "add", help="verify rows, and add them to a board", description="Verifies rows, and adds them to a board if nothing is wrong."
    )
    enter.add_argument("rows", nargs="+", type=Path, help=ROWS)
    enter.add_argument("--board", type=Path, required=True, metavar="FOLDER", help="the board, a folder of files of rows")
    enter.add_argument("--name", required=True, help="of the file of rows in it")
    _add_checks(enter)
    enter.set_defaults(run=_add)
    paper = actions.add_parser(
        "report", help="write a board as one page of HTML", description="Writes a board as one page of HTML that needs nothing else."
    )
    paper.add_argument(
        "rows", nargs="*", type=Path, default=[Path("runs/board/core.csv.gz")], help=f"{ROWS} (default: runs/board/core.csv.gz)"
    )
    paper.add_argument("--bounds", type=Path, help=BOUNDS_HELP)
    paper.add_argument("--out", type=Path, default=Path("report.html"), help="default: report.html")
    paper.add_argument(
        "--trust", action="append", default=[], metavar="MODULE", help="play policies of this module, for excerpts of episodes"
    )
    paper.set_defaults(run=_report)


def _add_rows(command: argparse.ArgumentParser) -> None:
    command.add_argument("rows", nargs="+", type=Path, help=ROWS)
    command.add_argument("--bounds", type=Path, help=BOUNDS_HELP)


def _add_checks(command: argparse.ArgumentParser) -> None:
    command.add_argument("--all", action="store_true", help="play all episodes again")
    command.add_argument(
        "--sample", type=int, default=3, help="episodes of each policy on each scenario that are played again (default: 3)"
    )
    command.add_argument("--fresh", type=int, default=0, metavar="N", help="play N fresh episodes too, and compare with the frozen ones")
    command.add_argument("--seed", type=int, help="of what is drawn (default: one that nobody knows beforehand)")
    command.add_argument("--trust", action="append", default=[], metavar="MODULE", help="run policies of this module")


def rows_of(paths: list[Path]) -> list[dict[str, Any]]:
    """Returns the rows of files and folders.

    Raises:
        SpecError: One cannot be read, or there is no row in any.
    """
    from vmenv.leaderboard.submitting import read_board

    rows = [row for path in paths for row in read_board(path)]
    if not rows:
        raise SpecError(f"{paths[0]} holds no row: give a file of rows that vmenv evaluate wrote")
    return rows


def bounds_file(options: argparse.Namespace) -> Path:
    """Returns where bounds are kept."""
    from vmenv.leaderboard.submitting import BOUNDS

    folder = next((path for path in options.rows if path.is_dir()), Path("runs"))
    given: Path | None = options.bounds
    return folder / BOUNDS if given is None else given


def write_text(file: Path, text: str) -> None:
    """Writes a file that a command line names.

    Raises:
        SpecError: It cannot be written.
    """
    from vmenv.episodes.files import write_whole

    try:
        write_whole(file, text)
    except OSError as error:
        raise SpecError(f"{file} cannot be written ({error}): give another file") from error
    print(file)


def _show(options: argparse.Namespace) -> int:
    from vmenv.cli.bounding import bounds_of
    from vmenv.leaderboard.overview import document, page

    rows = rows_of(options.rows)
    bounds = bounds_of(rows, bounds_file(options))
    if options.out is None:
        print(document(rows, bounds))
    else:
        write_text(
            options.out, page(rows, bounds, shlex.join(["vmenv", "board", "show", *map(str, options.rows), "--out", str(options.out)]))
        )
    return 0


def _report(options: argparse.Namespace) -> int:
    from vmenv.cli.bounding import bounds_of
    from vmenv.leaderboard.report import report

    sys.path.insert(0, "")  # modules of one's own lie where one stands
    rows = rows_of(options.rows)
    words = ["vmenv", "board", "report", *map(str, options.rows), "--out", str(options.out)]
    write_text(options.out, report(rows, bounds_of(rows, bounds_file(options)), options.trust, shlex.join(words)))
    return 0


def _checked(options: argparse.Namespace, rows: list[dict[str, Any]], series: int | None) -> tuple[Verified, int]:
    """Verifies rows, prints what came out, and returns it with the seed of what was drawn."""
    import secrets

    from vmenv.checks import check_integer
    from vmenv.leaderboard.fresh import FALSE_ALARM
    from vmenv.leaderboard.submitting import tiers
    from vmenv.leaderboard.verifying import verify

    check_integer("--sample", options.sample, least=1, most=10**6)
    if options.fresh:
        check_integer("--fresh", options.fresh, least=10, most=10**5)
    sys.path.insert(0, "")  # modules of one's own lie where one stands
    seed = secrets.randbits(32) if options.seed is None else check_integer("--seed", options.seed)
    found = verify(
        rows,
        sample=None if options.all else options.sample,
        series=series,
        fresh=options.fresh,
        trusted=options.trust,
        seed=seed,
        tell=lambda name: print(f"playing {name}", file=sys.stderr, flush=True),
    )
    for note in found.notes:
        print(f"note: {note}")
    for finding in found.findings:
        print(finding)
    for policy, told in tiers(found.reached).items():
        print(f"{policy}: {told}")
    compared = sum(one.fresh is not None for one in found.reached)
    if compared:
        print(
            f"{options.fresh} fresh episodes each, {compared} comparisons: of honest rows one in {1 / FALSE_ALARM:,.0f} is suspected, "
            f"{compared * FALSE_ALARM:.2g} here"
        )
    told = "nothing is wrong with them" if not found.findings else f"{len(found.findings)} things are wrong with them"
    print(f"{found.num_rows} rows, {found.num_played} of them played again (seed {seed}): {told}")
    return found, seed


def _verify(options: argparse.Namespace) -> int:
    from vmenv.checks import check_integer
    from vmenv.leaderboard.submitting import write_tiers

    series = None if options.series is None else check_integer("--series", options.series, least=1, most=10**6)
    found, seed = _checked(options, rows_of(options.rows), series)
    if options.tiers:
        try:
            write_tiers(options.tiers, found.reached, seed)
        except OSError as error:
            raise SpecError(f"--tiers {options.tiers} cannot be written ({error}): give another file") from error
    return 1 if found.findings else 0


def _add(options: argparse.Namespace) -> int:
    from vmenv.leaderboard.submitting import add

    rows = rows_of(options.rows)
    found, _ = _checked(options, rows, None)
    if found.findings:
        print(f"nothing was added to {options.board}", file=sys.stderr)
        return 1
    try:
        print(add(rows, found, options.board, options.name))
    except OSError as error:
        raise SpecError(f"--board {options.board} cannot be written ({error}): give another folder") from error
    return 0
