"""What the scenarios say of their workloads is true of what they draw. Seeds are fixed; bounds are at 4 standard errors (1 in 16,000)."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from vmenv.episodes.scenario import make_scenario
from vmenv.errors import SpecError


def mean_is(values: np.ndarray, expected: float) -> None:
    assert abs(values.mean() - expected) < 4.0 * values.std() / np.sqrt(len(values))


@pytest.mark.parametrize("name", ["mm1", "mg1_known", "mmc_known", "gang"])
def test_load_and_sizes(name: str) -> None:
    scenario = make_scenario(name)
    works = [scenario.episode(seed) for seed in range(20)]
    capacity = scenario.build_host().capacities[0]
    gaps = np.concatenate([np.diff(work.arrival_us, prepend=0) for work in works])
    work = np.concatenate([work.size_us * work.cpu_millicores / capacity for work in works])
    mean_is(np.concatenate([w.size_us for w in works]).astype(float), float(scenario.mean_us))
    load = 0.7 if name == "gang" else 0.8
    mean_is(work - load * gaps, 0.0)


def test_sizes_are_announced_exactly() -> None:
    work = make_scenario("mg1_known").episode(0)
    assert (work.estimate_us == work.size_us).all()
    sizes = np.concatenate([make_scenario("mg1_known").episode(seed).size_us for seed in range(40)]) / 1e5
    mean_is((sizes - 1.0) ** 2, 4.0)


def test_gangs_need_one_or_all() -> None:
    work = make_scenario("gang").episode(0)
    assert set(work.cpu_millicores) == {1000, 8000}
    mean_is((work.cpu_millicores == 8000).astype(float), 0.4 / 2.8)


def test_mystery_has_two_modes_a_label_and_new_ones_every_episode() -> None:
    scenario = make_scenario("mystery")
    seen = []
    for seed in range(5):
        work = scenario.episode(seed)
        for label in range(2):
            sizes = np.sort(work.size_us[work.tenant == label])
            jumps = np.flatnonzero(sizes[1:] > 3 * sizes[:-1])
            assert len(jumps) == 1
            short, long = sizes[: jumps[0] + 1], sizes[jumps[0] + 1 :]
            assert short[-1] / short[0] <= 1.1 / 0.9 + 1e-3
            assert 8 * 0.9 / 1.1 <= np.median(long) / np.median(short) <= 16 * 1.1 / 0.9
            seen.append(float(np.median(short)))
    assert len(set(seen)) == 10
    ratio = [scenario.episode(seed).size_us.sum() / scenario.episode(seed).arrival_us[-1] for seed in range(60)]
    mean_is(np.array(ratio), 0.8)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("mystery", {"load": 0.0}),
        ("mystery", {"num_labels": 9}),
        ("mystery", {"mean_us": 0}),
        ("gang", {"small_rate": 0.0}),
        ("gang", {"cpus": 0}),
        ("mg1_known", {"load": -1.0}),
        ("mg1_known", {"num_vms": 0}),
        ("mmc_known", {"load": float("nan")}),
        ("mmc_known", {"mean_us": 1.5}),
    ],
)
def test_parameters_are_checked(name: str, parameters: dict[str, float]) -> None:
    with pytest.raises(SpecError, match=next(iter(parameters))):
        make_scenario(name, **parameters).episode(0)
    assert dataclasses.is_dataclass(make_scenario(name))
