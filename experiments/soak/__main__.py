"""Makes 1e9 random decisions in one process, watches, and renews experiments/results/soak.md: `python -m experiments.soak`."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from experiments.soak.page import page
from experiments.soak.watch import Point, soak
from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.episodes.files import write_whole
from vmenv.errors import VmenvError

PLANNED = 1_000_000_000
CHECK_EVERY = 10_000_000
NUM_KEPT = 4_096
COMMAND = "python -m experiments.soak"


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status: 1 if something does not hold; then there is no page."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--decisions", type=int, default=PLANNED, help=f"in all runs together, by default {PLANNED:,}")
    parser.add_argument("--minutes", type=float, default=math.inf, help="after which it ends however few decisions there were")
    parser.add_argument("--runs", type=int, default=1_024, help="in the batch, by default 1,024")
    parser.add_argument("--seed", type=int, default=0, help="of the actions, by default 0")
    parser.add_argument("--out", type=Path, default=Path("experiments/results/soak.md"), help="the page")  # run from the checkout
    given = parser.parse_args(arguments)
    try:
        episodes = DispatchEpisodes("thrash", given.runs, num_kept=NUM_KEPT)
        done = soak(
            episodes,
            given.decisions,
            num_kept=NUM_KEPT,
            check_every=CHECK_EVERY,
            minutes=given.minutes,
            seed=given.seed,
            report=_tell,
        )
    except VmenvError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped: no page is written", file=sys.stderr)
        return 130
    changed = [name for name in ("decisions", "minutes", "runs", "seed") if getattr(given, name) != parser.get_default(name)]
    options = "".join(f" --{name} {getattr(given, name)}" for name in changed)
    write_whole(given.out, page(done, COMMAND + options, PLANNED, CHECK_EVERY))
    print(given.out)
    return 0


def _tell(point: Point) -> None:
    print(f"{point.decisions:,} decisions, {point.seconds:.0f} s, {point.memory_mib:.1f} MiB", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
