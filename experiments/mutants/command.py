"""Puts every mutant into a copy of the tree, lets the tests judge it, and writes the page."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from experiments.mutants.mutant import Mutant, copy_tree
from experiments.mutants.page import Verdict
from experiments.mutants.parts import FEW, MANAGED_PARTS, PARTS, Arguments, parts_for
from vmenv.errors import SpecError

LIMIT_S = 900  # of one part on one mutant


def judge(copy: Path, tests: Arguments) -> list[str]:
    """Returns the test functions that fail in a copy of the tree.

    Raises:
        SpecError: The tests could not be run.
    """
    noted = copy / "failed"
    noted.write_text("")
    command = [sys.executable, "-m", "experiments.mutants.judge", str(noted), *tests]
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = None
    with contextlib.suppress(subprocess.TimeoutExpired):  # what has failed by then is noted
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=LIMIT_S)
    failed = noted.read_text().split()
    if done is not None and done.returncode != bool(failed):
        raise SpecError(f"the tests could not be run ({done.returncode}): {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return failed


def judge_by_parts(copy: Path, parts: Sequence[Arguments]) -> list[str]:
    """Returns the test functions that fail, part after part until a few have."""
    failed: list[str] = []
    for part in parts:
        if len(failed) < FEW:
            failed += judge(copy, part)
    return failed


def try_mutants(root: Path, mutants: Sequence[Mutant], parts: Sequence[Arguments] | None = None) -> list[Verdict]:
    """Returns what the tests said of each mutant, and prints it.

    Args:
        root: The checkout.
        mutants: What is tried.
        parts: Arguments for pytest, part after part; None: those that `parts_for` names.

    Raises:
        SpecError: A mutant cannot be made, or tests fail without any.
    """
    for mutant in mutants:  # all are looked at before the first is tried
        mutant.change((root / mutant.file).read_text())
    verdicts = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        copy_tree(root, copy)
        failed = [name for part in ((*PARTS, *MANAGED_PARTS) if parts is None else parts) for name in judge(copy, part)]
        if failed:
            raise SpecError(f"{', '.join(failed)} fail without any mutant: mend that first")
        for mutant in mutants:
            mutant.write(root, copy)
            asked = parts_for(mutant.file) if parts is None else parts
            verdict = Verdict(mutant, mutant.line(root), tuple(judge_by_parts(copy, asked)))
            (copy / mutant.file).write_text((root / mutant.file).read_text())
            print(f"{'caught' if verdict.tests else 'SURVIVES':8} {len(verdict.tests):3} {verdict.place}: {mutant.breaks}", flush=True)
            verdicts.append(verdict)
    return verdicts
