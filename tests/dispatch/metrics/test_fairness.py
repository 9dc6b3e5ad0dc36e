"""Entitled CPU time by hand, and the fairness index of schedulers that are fair and of some that are not."""

from __future__ import annotations

import numpy as np
import pytest

from vmenv.dispatch.metrics.fairness import entitled
from vmenv.dispatch.simulation import simulate
from vmenv.host.spec import Host
from vmenv.workload import Workload


def test_entitled_by_hand() -> None:
    """One pCPU, in order of arrival. VM 0 (weight 3) is present 0-40, VM 1 (weight 1) 10-60, VM 2 (weight 4, a tenth of a pCPU) 50-61.

    VM 0: 10 alone, then 30 x 3/4. VM 1: 30 x 1/4, 10 alone, 10 x 1/5. VM 2 never gets less than its demand of a tenth, 11 x 0.1.
    """
    work = Workload.from_arrays([0, 10, 50], [40, 20, 1], cpu_millicores=[1000, 1000, 100], weight=[3, 1, 4])
    run = simulate(Host(quantum_us=100), work, "fcfs")
    assert run.completion_us.tolist() == [40, 60, 61]
    np.testing.assert_allclose(entitled(run) / 1000, [32.5, 19.5, 1.1])


def test_two_pcpus_entitle_to_twice_as_much() -> None:
    """Both VMs want both pCPUs. Weight 1 is present 0-10, weight 3 0-20: a quarter of them and three quarters, then all."""
    run = simulate(Host(cpus=2), Workload.from_arrays([0, 0], [10, 10], cpu_millicores=2000, weight=[1, 3]), "fcfs")
    assert run.completion_us.tolist() == [10, 20]
    np.testing.assert_allclose(entitled(run) / 1000, [10 * 0.5, 10 * 1.5 + 10 * 2])


def test_a_vm_alone_is_entitled_to_what_it_demands() -> None:
    work = Workload.from_phases([0], [[(30, 500, 0, 0, 0), (10, 900, 0, 0, 0)]])
    run = simulate(Host(cpus=2), work, "fcfs")
    assert entitled(run) == pytest.approx(30 * 500 + 10 * 900)
    assert run.metrics()["jain_entitled"] == 1.0


def test_fair_shares_are_fair() -> None:
    """Three weights, equal work, cut while all are present: stride gives everybody its part, and order of arrival one all of it."""
    work = Workload.from_arrays([0, 0, 0], [10**6] * 3, cpu_millicores=[1000] * 3, weight=[1, 2, 5])
    host = Host(quantum_us=100)
    assert simulate(host, work, "stride", horizon_us=800_000).metrics()["jain_entitled"] == pytest.approx(1.0, abs=1e-5)
    assert simulate(host, work, "fcfs", horizon_us=800_000).metrics()["jain_entitled"] == pytest.approx(1 / 3, abs=1e-5)
    assert simulate(host, work, "fcfs", horizon_us=800_000).metrics()["max_lag_us"] == 500_000, "the third VM was due 5/8 of 800,000"
    assert simulate(host, work, "stride", horizon_us=800_000).metrics()["max_lag_us"] <= 100, "a quantum"
    equal = simulate(host, work, "tsrr", horizon_us=800_000).metrics()["jain_entitled"]
    shares = np.array([8 / 3, 8 / 6, 8 / 15])
    assert equal == pytest.approx(shares.sum() ** 2 / (3 * (shares**2).sum()), abs=1e-4)
