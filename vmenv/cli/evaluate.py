"""`vmenv evaluate`: plays policies on the frozen episodes of a suite, and keeps the rows."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from vmenv.errors import SpecError

if TYPE_CHECKING:
    from vmenv.episodes.scenario import Scenario

ALL = "all"  # of the policies, in place of their names

EXAMPLES = """examples:
  vmenv evaluate las srpt gang-index                          # on the scenarios of the suite core
  vmenv evaluate my_module:MyScheduler --suite thrash          # your own, on one scenario
  vmenv evaluate all my_module:MyScheduler --suite core,control # beside all heuristics and the policies that come with vmenv
  vmenv evaluate runs/gang-index-seed0 --suite gang --rows mine.csv
  vmenv evaluate all runs --suite core --episodes 20           # beside what was trained here, each on its scenario
  vmenv evaluate all --engine ray --address auto               # on a cluster of Ray; the same rows
  vmenv evaluate --part 3/64 --units /shared/units las srpt    # one of 64 machines; then the same without --part, which merges
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to those that there are."""
    command = commands.add_parser(
        "evaluate",
        help="play policies on the frozen episodes of a suite",
        description="Plays policies on frozen episodes. What has been played is kept in units that are named by all that decides what "
        "comes out, so that nothing is played twice, and what was interrupted goes on with the same command.",
        epilog=EXAMPLES,
    )
    command.add_argument(
        "policies",
        nargs="+",
        metavar="POLICY",
        help='a scheduler, a policy, a path, or "my_module:MyScheduler"; "all": every scheduler, and the policies shipped for a scenario; '
        "a folder of training runs: those that were trained on it",
    )
    command.add_argument(
        "--suite", default="core", help="control, core, real, shares, or a scenario; several with commas between (default: core)"
    )
    command.add_argument("--episodes", type=int, default=100, help="the first so many of the frozen episodes (default: 100, which are all)")
    command.add_argument("--units", type=Path, default=Path("runs/units"), help="folder of what has been played (default: runs/units)")
    command.add_argument("--rows", type=Path, help="write all rows to this file of CSV, packed if it ends in .gz or .xz")
    command.add_argument("--narrow", action="store_true", help="write what a board shows alone, to seven digits")
    command.add_argument("--bounds", type=Path, default=Path("runs/bounds.csv"), help="file of lower bounds (default: runs/bounds.csv)")
    command.add_argument("--brief", action="store_true", help="print no table for each scenario")
    command.add_argument("--workers", type=int, help="processes (default: one for each core)")
    command.add_argument("--engine", choices=("local", "ray"), default="local", help="who plays: processes, or Ray (default: local)")
    command.add_argument("--address", default="", help="of a cluster of Ray (default: one on this machine, of --workers cores)")
    command.add_argument("--part", metavar="k/n", help="play only every n-th unit, and merge nothing: for arrays of jobs")
    command.set_defaults(run=_evaluate)


def _evaluate(options: argparse.Namespace) -> int:
    from vmenv.checks import check_integer
    from vmenv.cli.bounding import bounds_of
    from vmenv.episodes.seeds import EVALUATION_SEEDS
    from vmenv.leaderboard.entrants import enter
    from vmenv.leaderboard.on_ray import Cluster
    from vmenv.leaderboard.overview import document
    from vmenv.leaderboard.playing import play_missing
    from vmenv.leaderboard.rows import narrowed, write_rows
    from vmenv.leaderboard.suites import suite_named
    from vmenv.leaderboard.units import Store, num_workers, part_of, units_of

    check_integer("--episodes", options.episodes, least=2, most=len(EVALUATION_SEEDS))
    workers = num_workers() if options.workers is None else check_integer("--workers", options.workers, least=1, most=4096)
    sys.path.insert(0, "")  # modules of one's own lie where one stands
    seeds = range(EVALUATION_SEEDS.start, EVALUATION_SEEDS.start + options.episodes)
    if options.address and options.engine != "ray":
        raise SpecError("--address is of a cluster of Ray: give --engine ray too")
    suite = suite_named(options.suite)
    units = [
        unit
        for scenario in suite.build().values()
        for reference in _references(options.policies, scenario)
        for unit in units_of(enter(reference, scenario.kind), scenario, seeds)
    ]
    wanted = part_of(units, options.part) if options.part else units
    missing = len(Store(options.units).missing(wanted))
    print(f"{len(wanted)} units of suite {suite.name} {suite.version}, {missing} of them to be played", file=sys.stderr, flush=True)
    cluster = Cluster(options.address, workers) if options.engine == "ray" else None
    rows = play_missing(wanted, options.units, workers, _teller(missing), cluster)
    if options.part:
        return 0
    if options.rows:
        try:
            write_rows(options.rows, narrowed(rows) if options.narrow else rows)
        except OSError as error:
            raise SpecError(f"--rows {options.rows} cannot be written ({error}): give another file") from error
    print(document(rows, bounds_of(rows, options.bounds), brief=options.brief))
    return 0


def _references(words: list[str], scenario: Scenario) -> list[str]:
    from vmenv.leaderboard.entrants import everyone, trained_in

    found: dict[str, None] = {}
    for word in words:
        if word == ALL:
            found |= dict.fromkeys(everyone(scenario))
        elif any(Path(word).glob("*/policy.json")) and not Path(word, "policy.json").exists():
            found |= dict.fromkeys(trained_in(Path(word), scenario))
        else:
            found[word] = None
    return list(found)


def _teller(number: int) -> Callable[[object], None]:
    """Returns what counts on the terminal, over one line, or in a file every tenth part."""
    done = 0

    def tell(unit: object) -> None:
        nonlocal done
        done += 1
        if sys.stderr.isatty():
            print(f"\r{done} of {number} units", end="\n" if done == number else "", file=sys.stderr, flush=True)
        elif done == number or done % max(1, number // 10) == 0:
            print(f"{done} of {number} units", file=sys.stderr, flush=True)

    return tell
