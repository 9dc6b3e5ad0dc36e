"""The command line of the page of fits."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from experiments.fit.likeness import compare
from experiments.fit.page import Row, document
from experiments.fit.samples import halves
from vmenv.episodes.files import write_whole
from vmenv.errors import VmenvError
from vmenv.workload.fitting import fit
from vmenv.workload.series import series_of

PAGE = "fit.md"


def main(arguments: Sequence[str] | None = None) -> None:
    """Fits, compares and writes."""
    parser = argparse.ArgumentParser(prog="python -m experiments.fit", description="Compares models of traces with the traces.")
    parser.add_argument("--traces", type=Path, default=Path("../shared/traces"), help="folder of the samples (default: ../shared/traces)")
    parser.add_argument("--other", default="heldout", metavar="NAME", help="folder of the halves that no model is fitted to, beside dev")
    parser.add_argument("--results", type=Path, default=Path("experiments/results"), help="where the page goes")
    given = parser.parse_args(arguments)
    rows: list[Row] = []
    try:
        for sample, seen, unseen in halves(given.traces, given.other):
            print(f"fitting {sample.name}", file=sys.stderr, flush=True)
            model = fit(seen)
            for half, work in (("fitted to", seen), ("other", unseen)):
                if work is not None:
                    rows.append(Row(sample.name, half, work.num_vms, compare(work, series_of(work, model.interval_us), model)))
    except VmenvError as error:
        sys.exit(f"error: {error}")
    if not rows:
        sys.exit(f"error: {given.traces} holds no sample: give --traces a folder that has bitbrains_rnd/dev, planetlab/dev, ...")
    write_whole(given.results / PAGE, document(rows))
    print(f"page: {given.results / PAGE}")
