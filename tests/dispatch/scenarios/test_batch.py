"""batch: generated jobs follow the laws of their model, and windows of a log are those that a reader of it would cut."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import vmenv
from vmenv.episodes.seeds import FIRST_TRAINING_SEED
from vmenv.errors import SpecError, TraceError
from vmenv.workload.generators import lublin

HEADER = "; Version: 2\n; MaxJobs: 60\n; MaxNodes: 4\n; MaxProcs: 8\n"


def write_log(folder: Path, header: str = HEADER) -> Path:
    """Sixty jobs, one a minute from 1,000 s on; those of odd numbers had fewer processors than they had requested."""
    asked = [500 if k % 4 == 0 else -1 for k in range(60)]
    rows = [f"{k} {1000 + 60 * k} -1 {90 + k} {1 + k % 2} -1 -1 {1 + k % 3} {asked[k]} -1 1 7 1 -1 1 -1 -1 -1" for k in range(60)]
    path = folder / "log.swf"
    path.write_text(header + "\n".join(rows) + "\n")
    return path


def test_the_day_is_the_models() -> None:
    """Each half hour's part of a gamma law, whose distribution function is here another's."""
    law = stats.gamma(8.1737, scale=3.9631)
    expected = [0.0] * 48
    for bucket in range(11, 59):
        expected[(bucket - 1) % 48] = law.cdf(bucket + 0.5) - law.cdf(bucket - 0.5)
    np.testing.assert_allclose(lublin.paces_of_day(), np.array(expected) / np.mean(expected), rtol=1e-9)


def test_jobs_follow_the_laws_of_the_model() -> None:
    jobs = lublin.rigid_jobs(np.random.default_rng(1), 20_000, 256, 1.0, lublin.paces_of_day())
    size = np.log2(jobs.processors[jobs.processors > 1])
    # A size of one comes by the probability of serial jobs, and of the smallest parallel ones, which may round to it.
    assert np.mean(jobs.processors == 1) == pytest.approx(0.244, abs=0.02)
    assert np.mean(size == np.rint(size)) >= 0.576 / 0.756 - 0.02
    assert np.mean(size < 5.5) == pytest.approx(0.86, abs=0.04)
    assert jobs.processors.max() <= 256
    for few, many in ((1, 1), (8, 8), (64, 256)):
        chosen = (jobs.processors >= few) & (jobs.processors <= many)
        short = np.clip(0.78 - 0.0054 * jobs.processors[chosen], 0, 1)
        law = short[:, None] * stats.gamma(4.2, scale=0.94).cdf(LOGS) + (1 - short[:, None]) * stats.gamma(312, scale=0.03).cdf(LOGS)
        seen = np.mean(np.log(jobs.work_us[chosen, None] / 1e6) < LOGS, axis=0)
        np.testing.assert_allclose(seen, law.mean(axis=0), atol=0.04)


LOGS = np.array([[4.0, 6.0, 8.0, 9.0, 10.0]])


def test_jobs_come_by_the_pace_of_the_day() -> None:
    jobs = lublin.rigid_jobs(np.random.default_rng(2), 120_000, 4, 2.0, lublin.paces_of_day())
    half_hour = (jobs.arrival_us // 1_800_000_000) % 48
    counted = np.bincount(half_hour, minlength=48)
    np.testing.assert_allclose(counted / counted.mean(), lublin.paces_of_day(), atol=0.12)
    gap = stats.gamma(10.2303 * 1.0225, scale=0.4871)
    mean_s = gap.expect(math.exp, ub=13.0, conditional=True)
    assert jobs.arrival_us[-1] / 1e6 / len(jobs.arrival_us) == pytest.approx(mean_s / 2, rel=0.05)


def test_requested_times() -> None:
    exact = vmenv.make_scenario("batch").episode(0)
    assert (exact.estimate_us == exact.work_us).all()
    factor = (work := vmenv.make_scenario("batch", overestimate=3.0).episode(0)).estimate_us / work.work_us
    assert 1 <= factor.min() < 1.3
    assert 3.7 < factor.max() <= 4
    assert (work.work_us == exact.work_us).all()


def test_windows_of_a_log(tmp_path: Path) -> None:
    """The machine of the header; whole nodes of two processors; the larger of two numbers of processors; the run time for one requested."""
    scenario = vmenv.make_scenario("batch", path=str(write_log(tmp_path)), num_vms=20)
    assert scenario.build_host().cpus == 8
    work = scenario.window(10)
    assert work.arrival_us.tolist() == [60_000_000 * k for k in range(20)]
    assert work.work_us.tolist() == [(90 + k) * 1_000_000 for k in range(10, 30)]
    larger = [max(1 + k % 2, 1 + k % 3) for k in range(10, 30)]
    assert work.cpu_millicores.tolist() == [2000 if p <= 2 else 4000 for p in larger]
    assert work.estimate_us.tolist() == [(90 + k if k % 4 else 500) * 1_000_000 for k in range(10, 30)]
    shared = vmenv.make_scenario("batch", path=str(write_log(tmp_path)), num_vms=20, whole_nodes=False)
    assert shared.window(10).cpu_millicores.tolist() == [1000 * p for p in larger]
    assert shared.begins_us(10) == 1_600_000_000


def test_what_is_learned_from_chooses_and_is_evaluated_shares_no_job(tmp_path: Path) -> None:
    """Of 60 jobs the first 36 are learned from, seven choose, and the last 17 are evaluated."""
    scenario = vmenv.make_scenario("batch", path=str(write_log(tmp_path)), num_vms=5)
    training, choosing, evaluation = (
        {int(scenario.episode(seed).work_us[0]) // 1_000_000 - 90 for seed in seeds}
        for seeds in (range(FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + 400), range(1000, 1100), range(100))
    )
    assert training == set(range(32))
    assert choosing == {36, 37, 38}
    assert evaluation == set(range(43, 56))


@pytest.mark.parametrize(
    ("header", "parameters", "message"),
    [
        ("; Version: 2\n", {}, "says neither MaxProcs nor MaxNodes"),
        (HEADER, {"num_vms": 8}, "has 60 jobs, in three parts: give a num_vms of 7 at the most"),
    ],
)
def test_logs_that_do_not_do(tmp_path: Path, header: str, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(TraceError, match=message):
        vmenv.make_scenario("batch", path=str(write_log(tmp_path, header)), **parameters).episode(0)


def test_no_such_log() -> None:
    with pytest.raises(TraceError, match="cannot be read"):
        vmenv.make_scenario("batch", path="nowhere.swf").build_host()


@pytest.mark.parametrize("wrong", [{"pace": 0.0}, {"overestimate": -1.0}, {"whole_nodes": 2}, {"cpus": -1}, {"num_vms": 0}])
def test_wrong_parameters(wrong: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=next(iter(wrong))):
        vmenv.make_scenario("batch", **wrong)
