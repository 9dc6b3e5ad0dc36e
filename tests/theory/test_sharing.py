"""Sharing: processor sharing as the limit of round robin, least attained service, round robin that pays for switches, several pCPUs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.theory.queues import LAWS, UNIT_US, middle, queue, replicate
from vmenv.host.spec import Host
from vmenv.host.state import Floats

LOAD = 0.8
KLEINROCK = "Kleinrock, Queueing Systems II (1976), ch. 4"
LAS = {"exponential": 5.0, "hyperexponential": 3.7623, "uniform": 7.4544}


def sliced(quantum: float, **columns: Any) -> Host:
    """Returns one pCPU with a quantum in units of the mean size."""
    return Host(quantum_us=round(quantum * UNIT_US), **columns)


def means(host: Host, law: str, name: str, num_vms: int, seed: int) -> tuple[list[float], list[float]]:
    """Returns mean response time and mean slowdown of each replication."""
    response, slowdown = [], []
    for run in replicate(host, lambda rng: queue(rng, num_vms, LOAD, LAWS[law]), name, seed):
        response.append(middle(run.response_us).mean() / UNIT_US)
        slowdown.append(middle(run.response_us / run.workload.size_us).mean())
    return response, slowdown


@pytest.mark.slow
@pytest.mark.parametrize("law", LAS)
def test_processor_sharing(law: str, compare: Callable[..., None]) -> None:
    """Round robin with a quantum of a fiftieth of the mean size: E[T] 1 / (1 - load) for every law.

    A VM waits half a round for its first quantum and is done within its last: what is left of the discreteness is of the order of the
    quantum times the number present, below 1.5 %.
    """
    response, _ = means(sliced(0.02), law, "tsrr", 100_000, seed=11)
    compare(f"M/G/1 {law} PS: E[T]", 5.0, response, source=KLEINROCK, topic="Processor sharing", vms=100_000, bias=0.015, precision=0.12)


@pytest.mark.slow
def test_slowdown_under_processor_sharing(compare: Callable[..., None]) -> None:
    """1 / (1 - load) for every size, so also on average; sizes of at least half the mean keep the quantum's effect small."""
    _, slowdown = means(sliced(0.02), "two-point", "tsrr", 100_000, seed=12)
    compare(
        "M/G/1 two-point PS: mean slowdown",
        5.0,
        slowdown,
        source=KLEINROCK,
        topic="Processor sharing",
        vms=100_000,
        bias=0.02,
        precision=0.12,
    )


@pytest.mark.slow
def test_round_robin_converges_to_processor_sharing() -> None:
    """The finer the quantum, the nearer E[T] of uniform sizes comes to 5 from below, on the same arrivals: no statistics in the order."""
    coarse, middling, fine = (np.mean(means(sliced(q), "uniform", "tsrr", 40_000, seed=13)[0]) for q in (1.0, 0.25, 0.05))
    assert coarse < middling < fine


@pytest.mark.slow
@pytest.mark.parametrize("law", LAS)
def test_least_attained_service(law: str, compare: Callable[..., None]) -> None:
    """M/G/1 LAS at load .8; equal VMs take turns, so the quantum must be small here as well."""
    response, _ = means(sliced(0.02), law, "las", 100_000, seed=14)
    compare(f"M/G/1 {law} LAS: E[T]", LAS[law], response, source="Schrage (1967)", topic="M/G/1", vms=100_000, bias=0.015, precision=0.12)


EVERY_DISPATCH = [(0.1, 0.005, 6.6493), (0.05, 0.005, 9.3257), (0.2, 0.02, 9.8531)]
SWITCHING = [(0.1, 0.005, 6.62), (0.05, 0.005, 9.27), (0.2, 0.02, 9.82)]


@pytest.mark.slow
@pytest.mark.parametrize(("quantum", "switch", "expected"), SWITCHING)
def test_round_robin_with_switch_cost(quantum: float, switch: float, expected: float, compare: Callable[..., None]) -> None:
    """Exponential sizes, paying on a change of VM only: slightly below Pollaczek-Khinchine with S' = S + d ceil(S / q)."""
    host = sliced(quantum, switch_us=round(switch * UNIT_US))
    response, _ = means(host, "exponential", "tsrr", 300_000, seed=15)
    law = f"RR q={quantum} d={switch}: E[T]"
    compare(law, expected, response, source="Pollaczek-Khinchine", topic="Switch cost", vms=300_000, bias=0.01, precision=0.12)
    assert np.mean(response) < pollaczek_khinchine(quantum, switch) * 1.05


def pollaczek_khinchine(q: float, d: float) -> float:
    """Returns E[T] of the M/G/1 queue with service S + d ceil(S/q), S exponential with mean 1, at arrival rate LOAD."""
    n = np.exp(-q)  # P(one more quantum is needed)
    ceil_mean, ceil_square = 1.0 / (1.0 - n), (1.0 + n) / (1.0 - n) ** 2
    # S = (N - 1) q + R, N geometric, R exponential cut at q, independent: E[S N] from both.
    r = 1.0 - q * n / (1.0 - n)
    cross = q * (ceil_square - ceil_mean) + r * ceil_mean
    mean, square = 1.0 + d * ceil_mean, 2.0 + 2.0 * d * cross + d * d * ceil_square
    return float(mean + LOAD * square / (2.0 * (1.0 - LOAD * mean)))


@pytest.mark.slow
@pytest.mark.parametrize(("q", "d", "expected"), EVERY_DISPATCH)
def test_round_robin_that_pays_at_every_dispatch(q: float, d: float, expected: float, compare: Callable[..., None]) -> None:
    """Pollaczek-Khinchine with S' = S + d ceil(S/q), exact for exponential sizes: the cost is made part of the work, and of the quantum."""

    def sizes(rng: np.random.Generator, n: int) -> Floats:
        size = rng.exponential(1.0, n)
        return size + d * np.ceil(size / q)

    samples = [
        middle(run.response_us).mean() / UNIT_US
        for run in replicate(sliced(q + d), lambda rng: queue(rng, 200_000, LOAD, sizes), "tsrr", seed=18)
    ]
    law = f"RR q={q} d={d}, every dispatch pays: E[T]"
    compare(law, expected, samples, source="Pollaczek-Khinchine", topic="Switch cost", vms=200_000, bias=0.01, precision=0.12)


@pytest.mark.parametrize(("q", "d", "expected"), EVERY_DISPATCH)
def test_the_formula_itself(q: float, d: float, expected: float) -> None:
    assert pollaczek_khinchine(q, d) == pytest.approx(expected, abs=6e-5)


def test_stability_limit_with_switch_cost() -> None:
    """lambda < 1 / (1 + d E[ceil(S/q)]): with q .1 and d .02 the limit is .8267; below it the queue drains, above it grows with time.

    At .75 the mean over the second half stays within twice that of the first; at .95 it is at least 1.5 times (growth is linear: 3 times).
    """
    host = sliced(0.1, switch_us=round(0.02 * UNIT_US))
    limit = 1.0 / (1.0 + 0.02 / (1.0 - np.exp(-0.1)))
    assert 0.75 < limit < 0.95
    for rate, stable in [(0.7, True), (0.95, False)]:
        (run,) = replicate(host, lambda rng, rate=rate: queue(rng, 15_000, rate, LAWS["exponential"]), "tsrr", seed=16, replications=1)
        first, second = np.array_split(run.response_us, 2)
        assert (second[: len(second) // 2].mean() < 2.0 * first.mean()) == stable


@pytest.mark.slow
@pytest.mark.parametrize("law", ["exponential", "hyperexponential"])
def test_four_pcpus(law: str, compare: Callable[..., None]) -> None:
    """M/M/4 at load .8: Erlang C gives 1.74554; equal sharing of 4 pCPUs, at most one each, gives the same for any law."""
    response = [
        middle(run.response_us).mean() / UNIT_US
        for run in replicate(sliced(0.02, cpus=4), lambda rng: queue(rng, 300_000, 4 * LOAD, LAWS[law]), "tsrr", seed=17)
    ]
    compare(
        f"4 pCPUs {law} equal sharing: E[T]",
        1.74554,
        response,
        source="Erlang (1917)",
        topic="Several pCPUs",
        vms=300_000,
        bias=0.01,
        precision=0.08,
    )
