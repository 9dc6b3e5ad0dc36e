"""Lower bounds: no schedule of any host passes them, and where a closed form is known they meet it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import hosts, workloads
from vmenv.bounds.fluid import busy_times, srpt_completions
from vmenv.bounds.relaxation import BOUNDED_OBJECTIVES, lower_bound, lower_bounds
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import list_schedulers
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.workload import Workload


@settings(max_examples=150, deadline=None)
@given(hosts(), workloads(), st.sampled_from(list_schedulers()), st.sampled_from(BOUNDED_OBJECTIVES))
def test_no_scheduler_passes_the_bound(host: Host, workload: Workload, name: str, objective: str) -> None:
    """The cost is integrated by the host itself, which knows nothing of the bound."""
    run = simulate(host, workload, name, num_slots=workload.num_vms, objective=objective)
    assert run.cost / workload.num_vms >= lower_bound(host, workload, objective).value


@settings(max_examples=150, deadline=None)
@given(hosts(), workloads(whole_host=True), st.sampled_from(list_schedulers()))
def test_maintenance_contention_and_the_rest_make_no_schedule_shorter(host: Host, workload: Workload, name: str) -> None:
    host = dataclasses.replace(host, provisioning="thick")  # thin, a run may come to no end
    if (workload.kind == c.MIGRATE).any():
        with pytest.raises(SpecError, match="there are migrations"):
            lower_bound(host, workload, "slowdown_and_lateness")
        return
    run = simulate(host, workload, name, num_slots=workload.num_vms, objective="slowdown_and_lateness")
    assert run.cost / workload.num_vms >= lower_bound(host, workload, "slowdown_and_lateness").value


@pytest.mark.parametrize("name", ["srpt", "sjf", "fcfs", "mlfq", "drain", "gittins_told"])
@pytest.mark.parametrize("proven", ["thrash", "bursts", "gang", "mystery", "neighbours", "backup"])
def test_no_scheduler_passes_the_bound_of_a_scenario(proven: str, name: str) -> None:
    scenario = make_scenario(proven, num_vms=40)
    bound, work = lower_bounds(scenario, [5]), scenario.episode(5)
    run = simulate(scenario.build_host(), work, name, num_slots=scenario.num_slots, objective=scenario.objective)
    assert 0 < bound[0] <= run.cost / work.num_vms


def test_tasks_have_no_part_in_the_bound() -> None:
    """The VM alone: its own run time, shared among it and the task in the mean."""
    work = Workload.from_arrays([0, 5], [100, 1], cpu_millicores=[1000, 0], disk_kib_s=[0, 10], kind=[0, c.SNAPSHOT], target=[-1, 0])
    assert lower_bound(Host(), work, "slowdown_and_lateness").value == pytest.approx(1 / 2)


def test_the_bound_is_srpt_on_one_pcpu() -> None:
    """Schrage, Operations Research 16, 1968: nothing is lost where one VM fills the host."""
    rng = np.random.default_rng(0)
    work = Workload.from_arrays(np.cumsum(rng.integers(0, 30, 40)), rng.integers(1, 50, 40), cpu_millicores=[1000] * 40)
    found = lower_bound(Host(quantum_us=1), work, "mean_response_us")
    run = simulate(Host(quantum_us=1), work, "srpt", num_slots=40)
    assert found.by == "shortest volume first on cpu"
    assert found.value == pytest.approx((run.completion_us - work.arrival_us).mean(), rel=1e-8)


def test_the_bound_of_an_idle_host_is_the_run_times() -> None:
    """Nobody waits for anybody: each VM is present for its work and its switch."""
    work = Workload.from_arrays([0, 1000, 2000], [70, 20, 900], cpu_millicores=[100] * 3)
    found = lower_bound(Host(switch_us=5), work, "mean_response_us")
    assert found.value == pytest.approx((75 + 25 + 905) / 3, rel=1e-8)


def test_weighted_vms_that_come_together_meet_smiths_rule() -> None:
    """Smith, Naval Research Logistics Quarterly 3, 1956: most weight / size first. Weights 1, 3 and sizes 2, 4: 3 x 4 + 1 x 6 = 18."""
    work = Workload.from_arrays([0, 0], [2000, 4000], cpu_millicores=[1000] * 2, weight=[1, 3])
    assert lower_bound(Host(), work, "weighted_response_us").value == pytest.approx(18_000 / 2, rel=1e-6)


def test_one_machine_by_hand() -> None:
    """Sizes 4, 1 released at 0, 1: the second runs 1 to 2, the first 0 to 1 and 2 to 5."""
    release, volume = np.array([0.0, 1.0]), np.array([4.0, 1.0])
    assert srpt_completions(release, volume).tolist() == [5.0, 2.0]
    # Mean busy times with weights 1, 1 (the second has the higher ratio): (0.5 + 3 x 3.5) / 4 and 1.5.
    assert busy_times(release, volume, np.ones(2)).tolist() == [2.75, 1.5]
    # With a heavy first one it runs 0 to 4.
    assert busy_times(release, volume, np.array([9.0, 1.0])).tolist() == [2.0, 4.5]


def test_a_horizon_is_refused() -> None:
    with pytest.raises(SpecError, match="horizon_us=1000"):
        lower_bounds(make_scenario("thrash", horizon_us=1000), [0])


def test_deadlines_are_refused() -> None:
    with pytest.raises(SpecError, match="no bound on weighted_tardiness_us"):
        lower_bounds(make_scenario("tenants"), [0])
