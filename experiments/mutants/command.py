"""Puts every mutant into a copy of the tree and lets the tests judge it, as many side by side as vmenv has threads."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from experiments.mutants.mutant import Mutant, copy_tree
from experiments.mutants.page import Verdict
from experiments.mutants.parts import FEW, MANAGED_PARTS, PARTS, Arguments, parts_for
from vmenv.errors import SpecError
from vmenv.jit.threads import num_threads

LIMIT_S = 900  # of one part on one mutant


def judge(copy: Path, tests: Arguments) -> list[str]:
    """Returns the test functions that fail in a copy of the tree.

    Raises:
        SpecError: The tests could not be run.
    """
    noted = copy / "failed"
    noted.write_text("")
    command = [sys.executable, "-m", "experiments.mutants.judge", str(noted), *tests]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, (str(copy), os.environ.get("PYTHONPATH")))),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
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


def try_mutants(root: Path, mutants: Sequence[Mutant], parts: Sequence[Arguments] | None = None, jobs: int | None = None) -> list[Verdict]:
    """Returns what the tests said of each mutant, and prints it.

    Args:
        root: The checkout.
        mutants: What is tried.
        parts: Arguments for pytest, part after part; None: those that `parts_for` names.
        jobs: Mutants that are tried side by side, each in a copy of its own; None: as many as vmenv has threads.

    Raises:
        SpecError: A mutant cannot be made, or tests fail without any.
    """
    for mutant in mutants:  # all are looked at before the first is tried
        mutant.change((root / mutant.file).read_text())
    jobs = jobs or num_threads()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        copies: SimpleQueue[Path] = SimpleQueue()
        for k in range(jobs):
            copy_tree(root, Path(folder, str(k)))
            copies.put(Path(folder, str(k)))

        def unchanged(part: Arguments) -> list[str]:
            with _one_of(copies) as copy:
                return judge(copy, part)

        def verdict(mutant: Mutant) -> Verdict:
            with _one_of(copies) as copy:
                mutant.write(root, copy)
                try:
                    failed = judge_by_parts(copy, parts_for(mutant.file) if parts is None else parts)
                finally:
                    (copy / mutant.file).write_text((root / mutant.file).read_text())
            return Verdict(mutant, mutant.line(root), tuple(failed))

        without = [pool.submit(unchanged, part) for part in ((*PARTS, *MANAGED_PARTS) if parts is None else parts)]
        tried = [pool.submit(verdict, mutant) for mutant in mutants]
        try:
            failed = [name for future in without for name in future.result()]
            if failed:
                raise SpecError(f"{', '.join(failed)} fail without any mutant: mend that first")
            return [_printed(future.result()) for future in tried]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


@contextlib.contextmanager
def _one_of(copies: SimpleQueue[Path]) -> Iterator[Path]:
    copy = copies.get()
    try:
        yield copy
    finally:
        copies.put(copy)


def _printed(verdict: Verdict) -> Verdict:
    word = "caught" if verdict.tests else "SURVIVES"
    print(f"{word:8} {len(verdict.tests):3} {verdict.place}: {verdict.mutant.breaks}", flush=True)
    return verdict
