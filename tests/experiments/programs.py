"""Programs of the checkout, called like from a shell; each has a process of its own, in which is there already what takes long to load.

Tests of interrupts and of plugins begin the programs by `python -m`, so that what they import by themselves is seen to be enough.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.experiments.imports"])


def call(program: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Returns what `python -m experiments.<program>` did in a folder."""
    with TemporaryDirectory() as written:
        files = [Path(written) / name for name in ("stdout", "stderr")]
        process = _PROCESSES.Process(target=_run, args=(f"experiments.{program}", list(arguments), folder, files, dict(os.environ)))
        process.start()
        process.join(timeout=300)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired([program, *arguments], 300, *(file.read_bytes() for file in files))
        out, err = (file.read_text() for file in files)
        return subprocess.CompletedProcess([program, *arguments], process.exitcode, out, err)


def _run(module: str, arguments: list[str], folder: Path, files: list[Path], environment: dict[str, str]) -> None:
    """Does in a new process what `python -m` does."""
    for number, file in enumerate(files, start=1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path[:0] = [str(folder), str(ROOT)]
    sys.argv = [module, *arguments]
    sys.modules.pop(module, None)  # it is to run as the main module
    runpy.run_module(module, run_name="__main__", alter_sys=True)
