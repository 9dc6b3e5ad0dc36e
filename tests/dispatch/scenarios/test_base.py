"""Scenarios: every one is reproducible and refuses what cannot be meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import vmenv
from vmenv.dispatch.scenario import SCENARIOS, DispatchScenario
from vmenv.episodes.scenario import make_scenario
from vmenv.errors import SpecError, UnknownNameError


def test_episodes_are_reproducible(scenario_name: str, scenario_of: Callable[[str], DispatchScenario]) -> None:
    scenario = scenario_of(scenario_name)
    first, again = scenario.episode(5), scenario.episode(5)
    for column in ("arrival_us", "work_us", "cpu_millicores", "memory_mib"):
        assert (getattr(first, column) == getattr(again, column)).all()
    assert scenario.summary
    assert scenario.describe()["kind"] == scenario_name


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("thrash", {"load": 0}, "load is 0: give a number above 0"),
        ("thrash", {"num_vms": 0}, "num_vms is 0: give a whole number from 1"),
        ("thrash", {"num_slots": 2.5}, "num_slots is 2.5: give a whole number"),
        ("thrash", {"objective": "mean_slowdwn"}, "did you mean 'mean_slowdown'"),
        ("thrash", {"horizon_us": 0}, "horizon_us is 0"),
        ("thrash", {"vms": 3}, "has no parameter 'vms'"),
        ("mm1", {"load": -1}, "load is -1"),
        ("bursts", {"burst_load": 0}, "burst_load is 0: give a number above 0"),
        ("bursts", {"quiet_load": -0.1}, "quiet_load is -0.1: give a number from 0"),
        ("bursts", {"burst_us": 0}, "burst_us is 0: give a whole number from 1"),
        ("replay", {}, "replay has no path"),
        ("replay", {"path": "x", "format": "planetlab"}, "'planetlab' does not tell all that a host must know: give options="),
        ("host", {}, "host is None: give a vmenv.Host"),
        ("host", {"host": vmenv.Host()}, "workload is None: give a vmenv.Workload"),
    ],
)
def test_wrong_parameters(name: str, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make_scenario(name, **parameters)


def test_unknown_name() -> None:
    with pytest.raises(UnknownNameError, match="unknown scenario 'trash': did you mean 'thrash'"):
        make_scenario("trash")


def test_replay_windows_differ_by_seed(scenario_of: Callable[[str], DispatchScenario]) -> None:
    scenario = scenario_of("replay")
    assert len({tuple(scenario.episode(seed).cpu_millicores.tolist()) for seed in range(4)}) > 1


def test_own_workload_function() -> None:
    draws = make_scenario("host", host=vmenv.Host(), workload=lambda rng: vmenv.Workload.from_arrays([0], rng.integers(1, 10**6, 1)))
    assert draws.episode(1).work_us != draws.episode(2).work_us
    wrong = make_scenario("host", host=vmenv.Host(), workload=lambda rng: 3)
    with pytest.raises(SpecError, match="the workload function returned 3"):
        wrong.episode(0)


def test_a_scenario_is_found_by_the_name_of_its_file() -> None:
    """The environments are registered by file name, before any file is loaded."""

    class Elsewhere(DispatchScenario):
        """As if it stood in vmenv/dispatch/scenarios/bimodal.py."""

    Elsewhere.__module__ = "vmenv.dispatch.scenarios.bimodal"
    with pytest.raises(SpecError, match=r"'two_sizes' stands in bimodal\.py: .* register it as bimodal, or rename the file"):
        SCENARIOS.register("two_sizes")(Elsewhere)
    assert "two_sizes" not in SCENARIOS
