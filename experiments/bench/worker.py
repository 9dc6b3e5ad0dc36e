"""A process of its own for the contenders of one file, so that thread pools, compilers and memory do not disturb each other.

The parent talks to it in lines of JSON. It makes contenders ready once and then measures on command; in between it sleeps.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from experiments.bench.contender import CONTENDERS, Sample

ROOT = Path(__file__).parents[2]
CORES = 2
# The libraries that start threads read their number from these; the affinity below binds those that do not.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class MeasureError(Exception):
    """A contender could not be made ready or broke down; the text is one line that says why."""


class Worker:
    """The parent's end."""

    def __init__(self) -> None:
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._child = subprocess.Popen(
            [sys.executable, "-m", "experiments.bench.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | dict.fromkeys(THREADS, str(CORES)) | {"JAX_PLATFORMS": "cpu", "PYTHONPATH": os.pathsep.join(paths)},
            text=True,
        )

    def set_up(self, name: str) -> None:
        """Makes a contender ready.

        Raises:
            MeasureError: It could not be made ready.
        """
        self._ask(do="set_up", name=name)

    def run(self, name: str, seconds: float) -> Sample:
        """Measures a contender.

        Raises:
            MeasureError: It broke down.
        """
        answer = self._ask(do="run", name=name, seconds=seconds)
        return Sample(answer["count"], answer["seconds"])

    def close(self) -> None:
        """Ends the process."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.close()
        self._child.stdout.close()
        self._child.wait()

    def _ask(self, **question: Any) -> dict[str, Any]:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        try:
            self._child.stdin.write(json.dumps(question) + "\n")
            self._child.stdin.flush()
            line = self._child.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise MeasureError(f"its process ended with status {self._child.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise MeasureError(answer["error"])
        return answer


def bind(cores: int) -> None:
    """Confines this process to so many cores, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


def serve() -> None:
    """The child's end: answers until the pipe closes."""
    bind(CORES)
    # What a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        question = json.loads(line)
        try:
            contender = CONTENDERS[question["name"]]
            answer: dict[str, Any] = {}
            if question["do"] == "set_up":
                contender.set_up()
            else:
                sample = contender.run(question["seconds"])
                answer = {"count": float(sample.count), "seconds": float(sample.seconds)}
        except Exception as error:  # whatever a foreign package throws becomes a line of the page
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve()
