"""Objectives by hand: what is integrated, from when on, and until when."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import hosts, workloads
from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.objective import cost_rates
from vmenv.dispatch.scenarios.host import OwnHost
from vmenv.dispatch.simulation import simulate
from vmenv.errors import UnknownNameError
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.workload import Workload
from vmenv.workload.table import default_columns

HOST = Host(quantum_us=10)
# In order of arrival they are done at 30, 40 and 60: 10 late, in time, and late by nothing, as its deadline is 60 too.
WORK = Workload.from_arrays([0, 5, 8], [30, 10, 20], slo_us=[20, 100, 52], weight=[2, 7, 5])
WITHOUT = Workload.from_arrays([0, 5, 8], [30, 10, 20], slo_us=[20, 0, 0], weight=[2, 7, 5])


# A VM of 30 us, one of 20 us in two phases, a snapshot that is due, and one that is not: 4 us for a switch.
WITH_TASKS = Workload(
    arrival_us=np.array([0, 0, 1, 1]),
    num_phases=np.array([1, 2, 1, 1]),
    work_us=np.array([30, 15, 5, 1, 1]),
    **{name: np.zeros(5, np.int64) for name in ("cpu_millicores", "memory_mib", "disk_kib_s", "net_kib_s")},
    **default_columns(4)
    | {
        "weight": np.array([2, 7, 5, 3]),
        "slo_us": np.array([40, 0, 10, 0]),
        "kind": np.array([c.RUN, c.RUN, c.SNAPSHOT, c.SNAPSHOT]),
        "target": np.array([-1, -1, 0, 0]),
    },
)


@pytest.mark.parametrize(
    ("objective", "present", "late"),
    [
        ("mean_response_us", [1, 1, 1, 1], [0, 0, 0, 0]),
        ("weighted_response_us", [2, 7, 5, 3], [0, 0, 0, 0]),
        ("mean_slowdown", [1 / 34, 1 / 24, 1 / 5, 1 / 5], [0, 0, 0, 0]),
        ("weighted_tardiness_us", [0, 0, 0, 0], [2, 0, 5, 0]),
        ("slowdown_and_lateness", [1 / 34, 1 / 24, 0, 0], [0, 0, 5 / 10, 0]),
        ("mean_slowdown_10s", [1e-7, 1e-7, 1e-7, 1e-7], [0, 0, 0, 0]),
    ],
)
def test_rates_by_hand(objective: str, present: list[float], late: list[float]) -> None:
    rates = cost_rates(objective, Host(switch_us=4), WITH_TASKS)
    np.testing.assert_allclose(rates.present, present)
    np.testing.assert_allclose(rates.late, late)


def tardiness(work: Workload, name: str, **options: Any) -> float:
    """Returns the cost by the host's own integral, which must be the metric x VMs that arrived."""
    run = simulate(HOST, work, name, objective="weighted_tardiness_us", interpreted=True, **options)
    assert run.cost == run.metrics()["weighted_tardiness_us"] * run.arrived.sum()
    return run.cost


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("fcfs", {}, 20),
        ("fcfs", {"horizon_us": 25}, 10),
        ("fcfs", {"horizon_us": 20}, 0),
        # VM 1 from 10 to 20; of the other two, with 20 left each, VM 0 came first: done at 40, and VM 2 at 60.
        ("srpt", {}, 40),
    ],
)
def test_tardiness_by_hand(name: str, options: dict[str, int], expected: float) -> None:
    assert tardiness(WORK, name, **options) == expected


def test_who_waits_to_be_admitted_is_late_too() -> None:
    work = Workload.from_arrays([0, 5], [100, 10], slo_us=[0, 20], weight=[1, 3])
    assert tardiness(work, "fcfs", num_slots=1) == 3 * (110 - 25)
    assert tardiness(work, "fcfs", num_slots=1, horizon_us=70) == 3 * (70 - 25)


def test_who_has_no_deadline_is_never_late() -> None:
    assert tardiness(WITHOUT, "fcfs") == 20
    assert tardiness(Workload.from_arrays([0], [10**6]), "fcfs") == 0


@settings(max_examples=200, deadline=None, derandomize=True)
@given(host=hosts(), work=workloads(), choices=st.lists(st.integers(0, 8), min_size=1, max_size=30), num_slots=st.integers(1, 8))
def test_rewards_add_up_to_the_tardiness(host: Host, work: Workload, choices: list[int], num_slots: int) -> None:
    """Whatever is decided, deadlines between decisions included."""
    scenario = OwnHost(host=host, workload=work, num_slots=num_slots, objective="weighted_tardiness_us", time_scale_us=1)
    episodes = DispatchEpisodes(scenario, 1, interpreted=True)
    episodes.restart([0], [0])
    total, step = 0.0, 0
    while not episodes.terminated[0]:
        legal = np.flatnonzero(episodes.observations.action_mask[0])
        choice = choices[step % len(choices)] if step < 1000 else 0
        episodes.step(legal[[choice % legal.size]])
        total += episodes.rewards[0]
        step += 1
    run = episodes.run(0)
    late = np.where(work.slo_us > 0, np.maximum(run.response_us - work.slo_us, 0), 0)
    assert run.cost == (work.weight * late).sum()
    assert -total * work.num_vms == pytest.approx(run.cost)


def test_rates() -> None:
    assert cost_rates("weighted_tardiness_us", HOST, WITHOUT).late.tolist() == [2, 0, 0]
    assert cost_rates("weighted_response_us", HOST, WITHOUT).present.tolist() == [2, 7, 5]
    assert not cost_rates("mean_slowdown", HOST, WITHOUT).late.any()
    with pytest.raises(UnknownNameError, match="weighted_tardiness_us"):
        cost_rates("weighted_tardines_us", HOST, WITHOUT)
