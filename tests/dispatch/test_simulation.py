"""`simulate`: README's example, slots, recording, learned policies, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import vmenv
from vmenv.dispatch.metric import METRICS
from vmenv.errors import SimulationError, SpecError, UnknownNameError

HOST = vmenv.Host(quantum_us=10_000)
WORK = vmenv.Workload.from_arrays([0, 5], [30_000, 10_000], cpu_millicores=[1000, 1000])


class FirstFit:
    """Grants the lowest slot that fits."""

    clairvoyant = False

    def actions(self, observation: dict[str, Any]) -> Any:
        return observation["action_mask"].argmax(axis=1)


def test_what_a_run_tells() -> None:
    run = vmenv.simulate(HOST, WORK, scheduler="tsrr", seed=0, record=True)
    assert run.completion_us.tolist() == [40_000, 20_000]
    assert run.attained_us.tolist() == [30_000, 10_000]
    assert run.wait_us.tolist() == [10_000, 9_995]
    assert run.response_us.tolist() == [40_000, 19_995]
    assert run.num_grants.tolist() == [3, 1]
    assert run.grants is not None
    assert run.grants["vm"].tolist() == [0, 1, 0, 0]
    assert run.cost == 40_000 + 19_995
    metrics = run.metrics()
    assert metrics["mean_response_us"] == 29_997.5
    assert metrics["mean_slowdown"] == pytest.approx((40 / 30 + 19.995 / 10) / 2)
    assert metrics["makespan_us"] == 40_000
    assert metrics["cpu_utilization"] == 1.0
    assert set(metrics) == set(METRICS.names())


def test_results_stand_in_the_order_of_the_workload() -> None:
    run = vmenv.simulate(HOST, vmenv.Workload.from_arrays([5, 0], [10_000, 30_000]), record=True)
    assert run.completion_us.tolist() == [20_000, 40_000]
    assert run.grants is not None
    assert run.grants["vm"].tolist() == [1, 0, 1, 1]


def test_slots_grow_without_a_limit() -> None:
    """1,000 VMs present at once need more slots than a run begins with; the outcome is that of enough slots from the start."""
    work = vmenv.Workload.from_arrays([0] * 1000, np.arange(1, 1001))
    run = vmenv.simulate(HOST, work, "srpt")
    assert run.completion_us.tolist() == np.cumsum(np.arange(1, 1001)).tolist()
    assert vmenv.simulate(HOST, work, "srpt", num_slots=1000).digest() == run.digest()
    waiting = vmenv.simulate(HOST, work, "srpt", num_slots=10)
    assert (waiting.admission_us > 0).sum() == 990


def test_the_log_grows_with_the_run() -> None:
    work = vmenv.Workload.from_arrays([0], [100_000_000])
    run = vmenv.simulate(HOST, work, record=True)
    assert run.grants is not None
    assert len(run.grants["vm"]) == 10_000
    assert run.grants["grant_us"].tolist() == list(range(0, 100_000_000, 10_000))


def test_a_learned_policy_in_place_of_a_scheduler() -> None:
    run = vmenv.simulate(HOST, WORK, FirstFit(), record=True)
    assert run.completion_us.tolist() == [30_000, 40_000]
    assert run.grants is not None
    assert run.grants["end_us"].tolist() == [10_000, 20_000, 30_000, 40_000]
    assert vmenv.simulate(HOST, WORK, FirstFit(), interpreted=True).digest() == run.digest()
    assert vmenv.simulate(HOST, WORK, "fcfs").digest() == run.digest()


def test_horizon() -> None:
    run = vmenv.simulate(HOST, WORK, horizon_us=15_000)
    assert run.completion_us.tolist() == [-1, -1]
    assert run.attained_us.tolist() == [10_000, 5_000]
    assert run.end_us == 15_000
    assert run.cost == 15_000 + 14_995
    late = vmenv.simulate(HOST, vmenv.Workload.from_arrays([0, 50], [10, 10]), horizon_us=20)
    assert late.arrived.tolist() == [True, False]
    assert late.response_us.tolist() == [10, 0]


def test_random_depends_on_its_seed_alone() -> None:
    work = vmenv.Workload.from_arrays([0] * 20, [10_000] * 20)
    first = vmenv.simulate(HOST, work, "random", seed=1)
    assert vmenv.simulate(HOST, work, "random", seed=1).digest() == first.digest()
    assert vmenv.simulate(HOST, work, "random", seed=2).digest() != first.digest()


def test_refusals() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'tsrr'"):
        vmenv.simulate(HOST, WORK, "tsr")
    with pytest.raises(SpecError, match="scheduler is 3"):
        vmenv.simulate(HOST, WORK, 3)
    with pytest.raises(UnknownNameError, match="did you mean 'mean_slowdown'"):
        vmenv.simulate(HOST, WORK, objective="slowdown")
    with pytest.raises(SpecError, match="num_slots is 0"):
        vmenv.simulate(HOST, WORK, num_slots=0)
    with pytest.raises(SpecError, match=r"horizon_us is 0\.5"):
        vmenv.simulate(HOST, WORK, horizon_us=0.5)
    with pytest.raises(SpecError, match="VM 1 demands memory_mib=2000, more than the host's 1024"):
        vmenv.simulate(HOST, vmenv.Workload.from_arrays([0, 0], [5, 5], memory_mib=[10, 2000]))
    with pytest.raises(SimulationError, match="285 years"):
        vmenv.simulate(HOST, vmenv.Workload.from_arrays([2**53], [5]))
