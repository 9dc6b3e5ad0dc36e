"""One pCPU: M/M/1 and M/G/1 under the classical disciplines."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.theory.queues import FOREVER_US, LAWS, UNIT_US, middle, queue, replicate
from vmenv.host.spec import Host

NON_PREEMPTIVE = Host(preempt="none")
AT_ARRIVALS = Host(preempt="arrival", quantum_us=FOREVER_US)
KLEINROCK = "Kleinrock, Queueing Systems I (1975), II (1976)"


@pytest.mark.parametrize(
    ("load", "num_vms"),
    [(0.5, 100_000), pytest.param(0.8, 400_000, marks=pytest.mark.slow), pytest.param(0.9, 1_600_000, marks=pytest.mark.slow)],
)
def test_mm1(load: float, num_vms: int, compare: Callable[..., None]) -> None:
    """M/M/1 FCFS: the response time is exponential with mean 1 / (1 - load)."""
    means, tails95, tails99 = [], [], []
    for run in replicate(NON_PREEMPTIVE, lambda rng: queue(rng, num_vms, load, LAWS["exponential"]), "fcfs", seed=1):
        response = middle(run.response_us) / UNIT_US
        means.append(response.mean())
        tails95.append(np.percentile(response, 95))
        tails99.append(np.percentile(response, 99))
    mean = 1.0 / (1.0 - load)
    for law, expected, samples in [("E[T]", mean, means), ("p95", 2.9957 * mean, tails95), ("p99", 4.6052 * mean, tails99)]:
        compare(f"M/M/1 FCFS load {load}: {law}", expected, samples, source=KLEINROCK, topic="M/M/1", vms=num_vms, precision=0.08)


MG1 = {  # law: E[T] under FCFS, SJF, SRPT at load .8
    "exponential": (5.0, 2.8822, 2.3528),
    "hyperexponential": (11.0, 4.3492, 2.1910),
    "uniform": (3.6667, 2.7637, 2.6101),
}


@pytest.mark.slow
@pytest.mark.parametrize("law", MG1)
@pytest.mark.parametrize(("place", "name", "host"), [(0, "fcfs", NON_PREEMPTIVE), (1, "sjf", NON_PREEMPTIVE), (2, "srpt", AT_ARRIVALS)])
def test_mg1(law: str, place: int, name: str, host: Host, compare: Callable[..., None]) -> None:
    """M/G/1 at load .8: Pollaczek-Khinchine, Cobham's integral for SJF, Schrage and Miller for SRPT."""
    num_vms = 600_000
    samples = [
        middle(run.response_us).mean() / UNIT_US for run in replicate(host, lambda rng: queue(rng, num_vms, 0.8, LAWS[law]), name, seed=2)
    ]
    source = ["Pollaczek-Khinchine", "Phipps (1956)", "Schrage and Miller (1966)"][place]
    compare(f"M/G/1 {law} {name}: E[T]", MG1[law][place], samples, source=source, topic="M/G/1", vms=num_vms, precision=0.08)
