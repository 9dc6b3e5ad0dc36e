"""The same episodes under the same decisions have the same digests, however they are played: threads, batch, mode, and process."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pytest

import vmenv

SCENARIOS: dict[str, dict[str, Any]] = {
    "thrash": {"num_vms": 8, "num_slots": 4},
    "share_spells": {"num_vms": 4, "num_slots": 5, "cpus": 3, "num_samples": 8},
}
SEEDS = range(64)
FEW = SEEDS[:10]  # for plain Python


def decide(batch: Any) -> Any:
    """Returns actions that differ from decision to decision, and that depend on nothing but each run itself."""
    if batch.scenario.kind.name == "share":
        return (1 + batch.clock_us[:, None] // 1000 % np.arange(2, 2 + batch.action_space.shape[0])).astype(batch.action_space.dtype)
    mask = batch.observations.action_mask
    place = 1 + batch.clock_us // 7 % np.maximum(mask.sum(axis=1), 1)
    return (mask.cumsum(axis=1) >= place[:, None]).argmax(axis=1)


def digests(name: str, num_runs: int, seeds: range = SEEDS, interpreted: bool = False) -> list[str]:
    """Plays the episodes, as many at once as there are runs; a run that is over begins the next."""
    batch: Any = vmenv.Episodes(vmenv.make_scenario(name, **SCENARIOS[name]), num_runs, interpreted=interpreted)
    found: dict[int, str] = {}
    waiting = list(seeds)
    first = [waiting.pop(0) for _ in range(min(num_runs, len(waiting)))]
    batch.restart(range(len(first)), first)
    while batch.going.any():
        actions, going = decide(batch), batch.going
        batch.step(actions)
        over = np.flatnonzero(going & ~batch.going)
        found |= {int(batch.seeds[r]): batch.run(r).digest() for r in over}
        begin = over[: len(waiting)]
        if len(begin):
            batch.restart(begin, [waiting.pop(0) for _ in begin])
    return [found[seed] for seed in seeds]


@pytest.fixture(scope="module", params=SCENARIOS)
def played(request: pytest.FixtureRequest) -> Iterator[tuple[str, list[str]]]:
    """The scenario, and what it is compared with: a batch of 64, one thread."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VMENV_NUM_THREADS", "1")
        yield request.param, digests(request.param, 64)


def test_episodes_differ(played: tuple[str, list[str]]) -> None:
    assert len(set(played[1])) == len(SEEDS)


@pytest.mark.parametrize("threads", ["1", "2"])
@pytest.mark.parametrize("num_runs", [1, 7, 64])
def test_threads_and_batches(played: tuple[str, list[str]], threads: str, num_runs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    name, expected = played
    monkeypatch.setenv("VMENV_NUM_THREADS", threads)
    assert digests(name, num_runs) == expected


@pytest.mark.parametrize("num_runs", [1, 7])
def test_plain_python(played: tuple[str, list[str]], num_runs: int) -> None:
    name, expected = played
    assert digests(name, num_runs, FEW, interpreted=True) == expected[: len(FEW)]


@pytest.mark.parametrize("threads", ["1", "2"])
@pytest.mark.parametrize("method", [method for method in ("spawn", "fork") if method in multiprocessing.get_all_start_methods()])
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # of Python 3.12: threads and fork
def test_processes(played: tuple[str, list[str]], method: str, threads: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at once, beside this one, which has threads of its own by now."""
    name, expected = played
    monkeypatch.setenv("VMENV_NUM_THREADS", threads)
    digests(name, 64, SEEDS)
    with ProcessPoolExecutor(2, multiprocessing.get_context(method)) as pool:
        plays = [pool.submit(digests, name, num_runs) for num_runs in (7, 64)]
        assert pool.submit(os.getpid).result(60) != os.getpid()
        assert [play.result(120) for play in plays] == [expected, expected]
