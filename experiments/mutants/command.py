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
from experiments.mutants.part import Arguments, Part
from experiments.mutants.table import part_for
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


def judge_by_groups(copy: Path, part: Part) -> list[str]:
    """Returns the test functions that fail, group after group until a few have."""
    failed: list[str] = []
    for group in part.tests:
        if len(failed) < part.few:
            failed += judge(copy, group)
    return failed


def try_mutants(root: Path, mutants: Sequence[Mutant], judges: Part | None = None, jobs: int | None = None) -> list[Verdict]:
    """Returns what the tests said of each mutant, and prints it.

    Args:
        root: The checkout.
        mutants: What is tried.
        judges: Has the tests; None: the part that a mutant's file belongs to.
        jobs: Mutants that are tried side by side, each in a copy of its own; None: as many as vmenv has threads.

    Raises:
        SpecError: A mutant cannot be made, or tests fail without any.
    """
    for mutant in mutants:  # all are looked at before the first is tried
        mutant.change((root / mutant.file).read_text())
    jobs = jobs or num_threads()
    parts = [judges or part_for(mutant.file) for mutant in mutants]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        copies: SimpleQueue[Path] = SimpleQueue()
        for k in range(jobs):
            copy_tree(root, Path(folder, str(k)))
            copies.put(Path(folder, str(k)))

        def unchanged(group: Arguments) -> list[str]:
            with _one_of(copies) as copy:
                return judge(copy, group)

        def verdict(mutant: Mutant, part: Part) -> Verdict:
            with _one_of(copies) as copy:
                mutant.write(root, copy)
                try:
                    failed = judge_by_groups(copy, part)
                finally:
                    (copy / mutant.file).write_text((root / mutant.file).read_text())
            return Verdict(mutant, mutant.line(root), tuple(failed))

        without = [pool.submit(unchanged, group) for group in dict.fromkeys(group for part in parts for group in part.tests)]
        tried = [pool.submit(verdict, mutant, part) for mutant, part in zip(mutants, parts, strict=True)]
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
