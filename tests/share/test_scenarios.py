"""Share scenarios: reproducible, within their limits, and cut by time where they replay a trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import write_trace
from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.seeds import FIRST_TRAINING_SEED, VALIDATION_SEEDS
from vmenv.errors import SpecError
from vmenv.share.scenario import ShareScenario
from vmenv.workload.trace import read_trace

MONTH = Path(__file__).parents[3] / "shared/traces/bitbrains_rnd/dev/2013-8"


def check(scenario: ShareScenario, seeds: Any) -> None:
    for seed in seeds:
        first, again = scenario.episode(seed), scenario.episode(seed)
        assert (first.cpu_millicores == again.cpu_millicores).all()
        limits = np.repeat(scenario.limits(first), first.num_phases)
        assert (first.cpu_millicores <= limits).all()
    assert scenario.summary


def test_spells_are_reproducible_and_as_the_laws_say() -> None:
    scenario = make_scenario("share_spells")
    check(scenario, range(2))
    works = [scenario.episode(seed) for seed in range(40)]
    sizes = np.concatenate([work.weight for work in works])
    assert np.isin(sizes, (1, 2, 4, 6, 8)).all()
    assert abs((sizes == 1).mean() - 0.458) < 0.05
    usage = np.concatenate([(work.cpu_millicores / 1000).reshape(24, -1) / work.weight[:, None] for work in works])
    steps = np.corrcoef(usage[:, :-1].ravel(), usage[:, 1:].ravel())[0, 1]
    assert 0.8 < steps < 0.99, "demands stay for a while, which is what there is to learn"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"num_vms": 25}, "num_vms is 25"),
        ({"bursty": 1.5}, "bursty is 1.5: give a number from 0 to 1"),
        ({"interval_us": 0}, "interval_us is 0"),
        ({"objective": "steal"}, "did you mean 'steal_us'"),
        ({"unmet": "gone"}, "unmet is 'gone'"),
    ],
)
def test_wrong_parameters(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make_scenario("share_spells", **parameters)


def test_replay_plays_windows_of_all_parts(tmp_path: Path) -> None:
    folder = write_trace(tmp_path / "trace", num_samples=251)
    scenario = make_scenario("share_replay", path=str(folder), window_s=3_000, cpus=2)
    check(scenario, [0, VALIDATION_SEEDS[0], FIRST_TRAINING_SEED])
    assert scenario.episode(0).weight.tolist() == [2] * 6, "the files say two cores each"


def test_weights_are_cores_only_if_asked_for(tmp_path: Path) -> None:
    folder = write_trace(tmp_path / "trace")
    assert read_trace(folder, "bitbrains").weight.tolist() == [1] * 6
    assert read_trace(folder, "bitbrains", weigh_by_cores=True).weight.tolist() == [2] * 6
    with pytest.raises(SpecError, match="weigh_by_cores is 1: give True or False"):
        read_trace(folder, "bitbrains", weigh_by_cores=1)


@pytest.mark.skipif(not MONTH.is_dir(), reason="the Bitbrains sample is not on this machine")
def test_real_windows_end_to_end() -> None:
    """The host is contended, so that policies differ, and those that look at demands lose less than those that do not."""
    scenario = make_scenario("share_replay", path=str(MONTH))
    assert scenario.episode(0).num_vms == 24
    assert len({tuple(scenario.episode(seed).cpu_millicores.tolist()) for seed in range(0, 100, 9)}) == 12
    steal = {name: np.mean([row["steal_us"] for row in evaluate(name, scenario, range(20))]) for name in ("equal", "size", "drf")}
    assert steal["drf"] < steal["size"]
    assert steal["drf"] < steal["equal"]


def test_a_format_without_numbers_of_cores_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"'swf' has no option 'weigh_by_cores', by which windows are cut: give one of .*bitbrains"):
        make_scenario("share_replay", path=str(tmp_path), format="swf")
