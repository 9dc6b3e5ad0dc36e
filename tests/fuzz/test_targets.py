"""Every target on its samples, on some hundreds of changed ones, and, where atheris is installed, for half a minute each."""

from __future__ import annotations

import importlib.util
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz import traces
from tests.fuzz.targets import TARGETS
from vmenv.workload.trace import TraceReport, list_trace_formats

ROOT = Path(__file__).parents[2]
CHANGED = 500  # of each target; two or three changes lead out of what the samples are like
targets = pytest.mark.parametrize("name", TARGETS)


@targets
def test_samples_and_what_becomes_of_them(name: str, tmp_path: Path) -> None:
    target, rng = TARGETS[name], random.Random(0)
    samples = list(target.samples())
    for sample in samples:
        target.run(sample, tmp_path)
    for _ in range(CHANGED):
        data = rng.choice(samples)
        for _ in range(rng.randint(1, 4)):
            data = target.mutate(data, rng)
        target.run(data, tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed: pip install atheris")
@targets
def test_coverage_guided(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz", name, "-max_total_time=30", f"-artifact_prefix={tmp_path}/"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize("name", traces.RUNS)
def test_samples_of_traces_are_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any that is, nothing would be counted."""
    num_read, really = 0, traces.try_reading

    def counted(path: Path, format: str) -> Iterator[TraceReport]:
        nonlocal num_read
        for report in really(path, format):
            num_read += 1
            yield report

    monkeypatch.setattr(traces, "try_reading", counted)
    samples = list(TARGETS[name].samples())
    for sample in samples:
        TARGETS[name].run(sample, tmp_path)
    assert num_read == len(samples) * (1 if name == "workload" else 2)


def test_every_format_of_traces_is_a_target() -> None:
    assert set(list_trace_formats()) <= set(TARGETS)
