"""The command line: play logs by heuristics in three settings, and write the page.

The logs are those of the Parallel Workloads Archive, which are fetched from there, or any other in the Standard Workload Format.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from experiments.batch.learned import commands, ship
from experiments.batch.page import document, section
from experiments.batch.published import LUBLIN_1
from experiments.batch.settings import Window, play, windows_of
from experiments.reading import prepare
from vmenv.dispatch.scenarios.batch import Batch
from vmenv.episodes.files import write_whole
from vmenv.errors import TraceError, VmenvError


def main(arguments: Sequence[str] | None = None) -> None:
    """Makes the page."""
    parser = argparse.ArgumentParser(prog="python -m experiments.batch", description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("logs", nargs="*", type=Path, help="logs in the Standard Workload Format, or folders of them")
    parser.add_argument("--jobs", type=int, default=1024, help="of a sequence")
    parser.add_argument("--first", type=int, default=None, help="play the one sequence that begins with this job, counted from 0")
    parser.add_argument("--windows", type=int, default=None, help="sequences of each log at the most; without it, all")
    parser.add_argument("--generated", type=int, default=0, help="play that many generated sequences too")
    parser.add_argument("--cpus", type=int, default=0, help="processors, instead of what the header says")
    parser.add_argument("--share-nodes", action="store_true", help="let jobs share nodes, instead of taking whole ones")
    parser.add_argument("--page", type=Path, default=Path("experiments/results/batch.md"), help="where the page goes")
    parser.add_argument("--commands", action="store_true", help="print the commands that train policies on these logs, and end")
    parser.add_argument("--ship", type=Path, default=None, metavar="RUNS", help="take the best training runs of this folder, and end")
    given = parser.parse_args(arguments)
    try:
        if given.commands:
            print("\n".join(commands(logs_in(given.logs), Path("runs"))))
            return
        if given.ship:
            print("\n".join(ship(given.ship)))
            return
        if not given.logs and not given.generated:
            parser.error("give logs, or --generated N")
        sections = [one_log(path, given) for path in logs_in(given.logs)] if given.logs else []
        sections += [generated(given.jobs, given.generated)] if given.generated else []
    except VmenvError as error:
        sys.exit(f"error: {error}")
    write_whole(given.page, document(sections, given.jobs))
    print("\n".join(sections))
    print(given.page)


def logs_in(paths: Sequence[Path]) -> list[Path]:
    """Returns the logs among files and in folders.

    Raises:
        TraceError: There is none.
    """
    found = [log for path in paths for log in (sorted(path.rglob("*.swf*")) if path.is_dir() else [path])]
    if not found:
        raise TraceError(f"there is no .swf or .swf.gz in {', '.join(map(str, paths))}: give logs, or folders of them")
    return found


def one_log(path: Path, given: argparse.Namespace) -> str:
    """Returns the tables of a log."""
    log = Batch(path=str(path), cpus=given.cpus, num_vms=given.jobs, whole_nodes=not given.share_nodes)
    prepare(log)
    played = play(log.build_host(), windows_of(log, given.first, given.windows))
    return section(path.name, f"{log.log.num_vms:,} jobs that ran", log.build_host(), played)


def generated(num_jobs: int, num_sequences: int) -> str:
    """Returns the tables of jobs that are generated after Lublin and Feitelson."""
    scenario = Batch(num_vms=num_jobs)
    played = play(scenario.build_host(), [Window(scenario.episode(seed), 0.0) for seed in range(num_sequences)])
    told = LUBLIN_1 if num_jobs == 1024 else None
    return section("Generated jobs", "jobs after Lublin and Feitelson", scenario.build_host(), played, told)
