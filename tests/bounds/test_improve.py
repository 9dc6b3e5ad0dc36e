"""The search over schedules: never worse than SRPT, never below the bound, and what it found can be played again."""

from __future__ import annotations

import pytest

from vmenv.bounds.exact import optimum
from vmenv.bounds.improve import ScaledSrpt, improve, improve_episode
from vmenv.bounds.relaxation import lower_bounds
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.scenario import make_scenario
from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.workload import Workload


def test_it_lies_between_the_bound_and_srpt() -> None:
    scenario = make_scenario("thrash", num_vms=60)
    found = improve_episode(scenario, 3, rounds=20)
    host, episode = scenario.build_host(), scenario.episode(3)
    run = simulate(host, episode, found.policy, num_slots=scenario.num_slots, objective=scenario.objective)
    srpt = simulate(host, episode, "srpt", num_slots=scenario.num_slots, objective=scenario.objective)
    assert run.cost / 60 == pytest.approx(found.value)
    assert srpt.cost / 60 == pytest.approx(found.srpt)
    assert lower_bounds(scenario, [3])[0] <= found.value < found.srpt


def test_it_finds_the_optimum_where_srpt_does_not() -> None:
    """Two pCPUs, a large VM of 3 and two small ones of 4, all at 0: SRPT ends them at 3, 7, 7, and small ones first at 4, 4, 7."""
    quantum = 1000
    host = Host(cpus=2, quantum_us=quantum, swap_kib_s=None)
    workload = Workload.from_arrays([0] * 3, [3 * quantum, 4 * quantum, 4 * quantum], cpu_millicores=[2000, 1000, 1000])
    best = optimum(host, workload, "mean_response_us")
    found = improve(host, workload, "mean_response_us", num_slots=4, rounds=30)
    assert found.srpt == pytest.approx(17 * quantum / 3)
    assert found.value == pytest.approx(15 * quantum / 3)
    assert best.value == pytest.approx(15 * quantum / 3)


def test_factors_are_positive() -> None:
    with pytest.raises(SpecError, match="not above 0"):
        ScaledSrpt(factors=(1.0, 0.0))
