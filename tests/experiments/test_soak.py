"""The soak test on a tiny batch: it ends with a page when all holds, and at the first fault that is put in."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vmenv
from experiments.soak import __main__ as command
from experiments.soak import watch
from experiments.soak.page import page
from experiments.soak.watch import Point, Soak, soak
from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.errors import SimulationError, SpecError
from vmenv.host import columns as c

RUNS, KEPT = 4, 6
FAULTY_STEP = 150


class Batch(DispatchEpisodes):
    """Small, interpreted, and from some step on with a fault."""

    def __init__(self, fault: Callable[[Batch], object] = lambda batch: None) -> None:
        small = vmenv.make_scenario("thrash", num_vms=6, num_slots=3)
        super().__init__(small, RUNS, num_kept=KEPT, interpreted=True)
        self.fault, self.steps, self.played = fault, 0, set[int]()

    def step(self, actions: Any, begin: Any = None, seeds: Any = ()) -> None:
        super().step(actions, begin, seeds)
        self.played.update(self.seeds.tolist())
        self.steps += 1
        if self.steps >= FAULTY_STEP:
            self.fault(self)


def play(batch: Batch, decisions: int = 2_000, **options: Any) -> Soak:
    return soak(batch, decisions, num_kept=KEPT, check_every=200, **options)


def test_all_holds_to_the_end() -> None:
    batch, told = Batch(), list[Point]()
    done = play(batch, report=told.append)
    assert 2_000 <= done.points[-1].decisions < 2_000 + RUNS
    assert [point.decisions // 200 for point in done.points[1:]] == list(range(1, 11)), "a check every 200, and the last at the end"
    assert watch.SETTLING < done.points[0].decisions <= watch.SETTLING * RUNS
    assert done.runs_checked == RUNS * len(done.points)
    assert tuple(told) == done.points
    assert all(point.memory_mib > 10 for point in done.points)
    assert done.episodes_ended > 2 * KEPT
    assert batch.played == {2**32 + k for k in range(KEPT)}, "no episode beside those that are kept"


def test_it_is_the_same_again() -> None:
    outcomes = []
    for seed in (3, 3, 4):
        batch = Batch()
        play(batch, 500, seed=seed)
        outcomes.append([batch.run(r).digest() for r in range(RUNS)])
    assert outcomes[0] == outcomes[1] != outcomes[2]


def tamper(rows: np.ndarray, value: float) -> None:
    rows[2] = value


FAULTS: dict[str, tuple[Callable[[Batch], object], str]] = {
    "law": (  # in books that nothing looks at again
        lambda batch: tamper(batch.runs.devices[:, 0, c.IDLE], 7),
        r"a law is broken, in run 2 \(episode \d+\).*: at .* served",
    ),
    "reward that is no number": (lambda batch: tamper(batch.rewards, np.nan), "a reward is nan, in run 2 "),
    "endless reward": (lambda batch: tamper(batch.rewards, -np.inf), "a reward is -inf, in run 2 "),
    "reward above 0": (lambda batch: tamper(batch.rewards, 0.5), "a reward is 0.5, in run 2 "),
    "VM that is no number": (lambda batch: tamper(batch.observations.vms[:, 1, 3], np.nan), "in 'vms' is nan, in run 2 "),
    "host outside": (lambda batch: tamper(batch.observations.host[:, 0], 2.0), r"in 'host' is 2.0, in run 2 .*from 0.0 to 1.0"),
    "mask outside": (lambda batch: tamper(batch.observations.action_mask[:, 0], 3), "in 'action_mask' is 3, in run 2 "),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_ends_it(name: str) -> None:
    fault, message = FAULTS[name]
    batch = Batch(fault)
    with pytest.raises(SimulationError, match=message):
        play(batch)
    assert FAULTY_STEP <= batch.steps < FAULTY_STEP + 200, "at the next look"


def test_memory_that_grows_ends_it() -> None:
    leak: list[bytes] = []
    batch = Batch(lambda batch: leak.append(b"x" * 2**20))
    with pytest.raises(SimulationError, match=r"memory grows: \d+ MiB after \d+ decisions, \d+ MiB after .*; 16 MiB more are allowed"):
        play(batch)
    assert len(leak) > watch.ROOM_MIB


def test_memory_is_what_is_resident() -> None:
    before = watch.memory_mib()
    held = b"x" * (64 * 2**20)
    assert 60 < watch.memory_mib() - before < 70
    assert len(held) == 64 * 2**20


def test_what_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="decisions is 0: give a whole number from 1"):
        play(Batch(), 0)
    monkeypatch.setattr(watch, "STATM", tmp_path / "statm")
    with pytest.raises(SpecError, match="statm cannot be read: memory is watched on Linux only"):
        play(Batch(), 500)


def test_minutes_end_it() -> None:
    done = play(Batch(), minutes=0.0)
    assert len(done.points) == 1


SHORT = Soak(1024, 4096, 77, 3072, (Point(1_000, 0.5, 500.0), Point(20_000_000, 10.0, 503.5), Point(40_000_000, 20.0, 501.0)))


def test_the_page_says_how_much_was_done() -> None:
    text = page(SHORT, "python -m experiments.soak --minutes 1.0", 1_000_000_000, 10_000_000)
    assert "Generated by `python -m experiments.soak --minutes 1.0`" in text
    assert "**40,000,000 decisions**, 4.0 % of the 1,000,000,000 that" in text
    assert "20 s, 2,000,000 decisions a second" in text
    assert "3,072 checks of a run" in text
    assert "from 500.0 to 501.0 MiB, with at the most 503.5" in text
    assert "| 20,000,000 | 10 | 503.5 |" in text
    assert "that `make soak` makes" not in page(SHORT, "make soak", 40_000_000, 10_000_000)


def test_the_command_writes_a_page_or_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(command, "DispatchEpisodes", lambda name, runs, num_kept: Batch())
    monkeypatch.setattr(command, "NUM_KEPT", KEPT)
    out = tmp_path / "soak.md"
    assert command.main(["--decisions", "600", "--out", str(out)]) == 0
    assert "`python -m experiments.soak --decisions 600`: one process plays a batch of 4 runs" in out.read_text()
    assert re.fullmatch(r"60\d decisions, \d+ s, \d+\.\d MiB", capsys.readouterr().err.splitlines()[-1])
    out.unlink()
    assert command.main(["--decisions", "-3", "--out", str(out)]) == 1
    assert capsys.readouterr().err.startswith("error: decisions is -3: give a whole number from 1 ")
    assert not out.exists()
