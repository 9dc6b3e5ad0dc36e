"""Every target on its samples, on some hundreds of changed ones, and, where atheris is installed, for half a minute each."""

from __future__ import annotations

import importlib.util
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

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
