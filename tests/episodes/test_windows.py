"""Windows of traces: what is learned from, what chooses and what is evaluated lie apart, in time and in VMs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import vmenv
from tests.conftest import write_trace
from vmenv.episodes.seeds import CONFIRMATION_SEEDS, EVALUATION_SEEDS, FIRST_TRAINING_SEED, JUDGING_SEEDS, VALIDATION_SEEDS
from vmenv.episodes.windows import choose_vms, draw_window, window_start_s
from vmenv.errors import SpecError, TraceError
from vmenv.workload.trace import TraceReport, read_trace_with_report

WINDOW_S = 3_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_trace(tmp_path_factory.mktemp("trace"), num_vms=30, num_samples=251)


@pytest.fixture(scope="module")
def report(folder: Path) -> TraceReport:
    return read_trace_with_report(folder, "bitbrains")[1]


def starts(report: TraceReport, seeds: range) -> list[int]:
    return [window_start_s(report, np.random.default_rng(seed), seed, WINDOW_S) for seed in seeds]


def test_parts_of_time(report: TraceReport) -> None:
    """250 samples: training may start up to 60 % less a window, what chooses lies from 60 to 72 %, evaluation behind."""
    span = report.last_s - report.first_s
    assert max(starts(report, range(FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + 50))) + WINDOW_S <= report.first_s + 0.6 * span
    border = report.first_s + int(0.72 * span)
    for seeds in (VALIDATION_SEEDS, CONFIRMATION_SEEDS, JUDGING_SEEDS):
        choosing = starts(report, seeds[:50])
        assert choosing[:3] == [report.first_s + int(0.6 * span) + WINDOW_S * k for k in range(3)]
        assert max(choosing) + WINDOW_S <= border, "what chooses must not see what is evaluated"
    evaluation = starts(report, EVALUATION_SEEDS)
    assert len(set(evaluation[:7])) == 7
    assert min(evaluation) == border
    assert max(evaluation) + WINDOW_S <= report.last_s


def test_where_nobody_was_on_another_window_of_the_same_part_is_taken(report: TraceReport) -> None:
    tried: list[int] = []

    def read(start_s: int) -> int:
        tried.append(start_s)
        if len(tried) < 3:
            raise TraceError("nobody was on")
        return start_s

    assert draw_window(report, np.random.default_rng(0), 0, WINDOW_S, read) == tried[2]
    assert tried == starts(report, range(3))

    def never(start_s: int) -> int:
        raise TraceError("nobody was on")

    with pytest.raises(TraceError, match="no VM was on in 100 windows"):
        draw_window(report, np.random.default_rng(0), FIRST_TRAINING_SEED, WINDOW_S, never)


def test_parts_of_the_vms(report: TraceReport) -> None:
    rng = np.random.default_rng(0)
    training = set(choose_vms(report, rng, FIRST_TRAINING_SEED, None, True))
    evaluation = set(choose_vms(report, rng, 0, None, True))
    assert not training & evaluation
    assert training | evaluation == set(range(30))
    assert evaluation == set(choose_vms(report, rng, VALIDATION_SEEDS[0], None, True))
    few = choose_vms(report, rng, 0, 2, True)
    assert len(few) == 2
    assert (np.diff(few) > 0).all()
    assert set(few) <= evaluation
    assert choose_vms(report, rng, 0, 100, False).tolist() == list(range(30))


def test_replay_plays_some_of_the_vms(folder: Path) -> None:
    whole = vmenv.make_scenario("replay", path=str(folder), memory_mib=8_192)
    some = vmenv.make_scenario("replay", path=str(folder), memory_mib=8_192, num_vms=4, apart=True)
    assert whole.episode(0).num_vms == 30
    works = [some.episode(seed) for seed in range(8)]
    assert {work.num_vms for work in works} == {4}
    assert len({tuple(work.cpu_millicores.tolist()) for work in works}) > 4
    some.prepare()


def test_vms_in_one_file_cannot_be_told_apart(tmp_path: Path) -> None:
    (tmp_path / "log.swf").write_text("".join(f"{k} {k * 60} -1 100 2 -1 -1 2 -1 -1 1 1 -1 -1 -1 -1 -1 -1\n" for k in range(50)))
    scenario = vmenv.make_scenario("replay", path=str(tmp_path / "log.swf"), format="swf", compression=1, window_s=600, apart=True)
    with pytest.raises(SpecError, match="all VMs are in one file"):
        scenario.prepare()
    with pytest.raises(SpecError, match="apart is 1: give True or False"):
        vmenv.make_scenario("replay", path=str(tmp_path / "log.swf"), format="swf", apart=1)
    with pytest.raises(SpecError, match="num_vms is 0"):
        vmenv.make_scenario("replay", path=str(tmp_path / "log.swf"), format="swf", num_vms=0)
