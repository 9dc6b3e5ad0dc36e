"""The command line of the benchmark."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments.bench.contender import CONTENDERS, Contender
from experiments.bench.machine import facts, slug
from experiments.bench.machines import Machine, keep, kept
from experiments.bench.measure import measure
from experiments.bench.page import missing_lines, once_lines, page
from experiments.bench.picture import growth_picture, rates_picture
from experiments.bench.table import growth_tables, pair_table, rate_table
from vmenv.episodes.files import write_whole

ALWAYS = ("vmenv", "numpy", "numba", "gymnasium")  # whose versions count whatever is measured
RESULTS = Path("experiments/results")  # run from the checkout


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Returns the options."""
    parser = argparse.ArgumentParser(prog="python -m experiments.bench", description="Measures vmenv beside its yardsticks.")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each contender in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="measure these alone; then files are written only with --out")
    parser.add_argument("--out", type=Path, help=f"where page, pictures and numbers go, by default {RESULTS}")
    parser.add_argument("--page-only", action="store_true", help="measure nothing: page and pictures of the numbers that are kept")
    parser.add_argument("--list", action="store_true", help="print the contenders and what they measure")
    options = parser.parse_args(arguments)
    if options.rounds < 1 or not options.seconds > 0:
        parser.error("give at least 1 round, and seconds above 0")
    unknown = [name for name in options.only or [] if name not in CONTENDERS]
    if unknown:
        parser.error(f"no contender is called {unknown[0]!r}: give some of {', '.join(CONTENDERS.names())}")
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints and writes."""
    options = parse(arguments)
    contenders = {name: CONTENDERS[name] for name in options.only or CONTENDERS.names()}
    if options.list:
        for name, contender in contenders.items():
            print(f"{name}: {contender.about}")
        return
    if options.page_only:
        folder = options.out or RESULTS
        if slug() not in kept(folder):
            raise SystemExit(f"no numbers of {slug()} are kept in {folder}: measure first")
        _write(folder, contenders, options)
        return
    measured = measure(contenders, options.seconds, options.rounds, lambda line: print(line, file=sys.stderr, flush=True))
    for table in (rate_table, pair_table, growth_tables, once_lines, missing_lines):
        print(table(contenders, measured))
    folder = options.out or (None if options.only else RESULTS)
    if folder is not None:
        packages = dict.fromkeys([*ALWAYS, *(package for contender in contenders.values() for package in contender.packages)])
        keep(folder, slug(), Machine(facts(packages, measured.load), measured))
        _write(folder, contenders, options)


def _write(folder: Path, contenders: Mapping[str, Contender], options: argparse.Namespace) -> None:
    """Writes page and pictures of the numbers that a folder keeps."""
    machines = kept(folder)
    write_whole(folder / "bench.md", page(contenders, machines, slug(), options.seconds, options.rounds))
    write_whole(folder / "bench.png", rates_picture(contenders, machines[slug()].measured))
    write_whole(folder / "growth.png", growth_picture(contenders, machines[slug()].measured))
    print(f"written: {folder / 'bench.md'}")
