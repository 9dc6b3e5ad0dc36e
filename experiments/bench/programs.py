"""Small programs in new processes, whose last words are told where they fail."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

from experiments.bench.worker import MeasureError


def output_of(program: str, *words: str, environment: Mapping[str, str] | None = None) -> str:
    """Returns what a program of Python prints.

    Args:
        program: Its source.
        *words: Its command line.
        environment: Its environment; None: ours.

    Raises:
        MeasureError: It fails.
    """
    done = subprocess.run([sys.executable, "-c", program, *words], env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise MeasureError((done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1])
    return done.stdout
