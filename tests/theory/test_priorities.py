"""Priorities on one pCPU: Cobham, pre-emptive priority, conservation, delay-dependent priority, c-mu, Gittins."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from tests.theory.queues import FOREVER_US, LAWS, UNIT_US, queue, replicate, whole
from vmenv.dispatch.scheduler import Scheduler
from vmenv.episodes.schedulers import make_scheduler
from vmenv.host.spec import Host
from vmenv.host.state import Floats
from vmenv.workload import Workload

NON_PREEMPTIVE = Host(preempt="none")
AT_ARRIVALS = Host(preempt="arrival", quantum_us=FOREVER_US)
NUM_VMS = 300_000


def two_classes(
    rates: Sequence[float],
    means: Sequence[float] = (1.0, 1.0),
    column: str = "priority",
    values: Sequence[int] = (1, 0),
    **more: Sequence[int],
) -> Callable[[np.random.Generator], Workload]:
    """Returns a queue of two Poisson classes with exponential sizes, marked by columns."""

    def make(rng: np.random.Generator) -> Workload:
        second = rng.random(NUM_VMS) < rates[1] / sum(rates)
        arrivals = np.rint(np.cumsum(rng.exponential(1.0 / sum(rates), NUM_VMS)) * UNIT_US).astype(np.int64)
        sizes = whole(rng.exponential(1.0, NUM_VMS) * np.where(second, means[1], means[0]))
        marks = {name: np.where(second, pair[1], pair[0]) for name, pair in {column: values, **more}.items()}
        return Workload.from_arrays(arrivals, sizes, tenant=second.astype(int), **marks)

    return make


def per_class(host: Host, make: Callable[[np.random.Generator], Workload], scheduler: str | Scheduler, seed: int) -> tuple[Floats, Floats]:
    """Returns (replications, 2) mean waiting times (response minus size) and mean response times of the classes."""
    waits, responses = [], []
    for run in replicate(host, make, scheduler, seed):
        inside = slice(NUM_VMS // 10, -NUM_VMS // 10)
        kind, response = run.workload.tenant[inside], run.response_us[inside] / UNIT_US
        wait = response - run.workload.size_us[inside] / UNIT_US
        waits.append([wait[kind == k].mean() for k in range(2)])
        responses.append([response[kind == k].mean() for k in range(2)])
    return np.array(waits), np.array(responses)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("law", "host", "expected", "source"),
    [
        ("non-preemptive", NON_PREEMPTIVE, (1.142857, 5.714286), "Cobham (1954)"),
        ("pre-emptive", AT_ARRIVALS, (1.428571, 7.142857), "Conway, Maxwell and Miller (1967)"),
    ],
)
def test_two_priorities(law: str, host: Host, expected: tuple[float, float], source: str, compare: Callable[..., None]) -> None:
    """Rates .3 and .5, mean size 1: waits without pre-emption, response times with it."""
    waits, responses = per_class(host, two_classes([0.3, 0.5]), "tsp", seed=21)
    for k, samples in enumerate((waits if law == "non-preemptive" else responses).T):
        compare(f"{law} priority, class {k + 1}", expected[k], samples, source=source, topic="Priorities", vms=NUM_VMS, precision=0.12)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tsp", "fcfs", "random"])
def test_conservation(name: str, compare: Callable[..., None]) -> None:
    """Kleinrock (1965): the load-weighted sum of waits, .3 W1 + .5 W2 = 3.2, whatever the order, sizes not being looked at."""
    waits, _ = per_class(NON_PREEMPTIVE, two_classes([0.3, 0.5]), name, seed=22)
    compare(
        f"conservation law under {name}",
        3.2,
        waits @ [0.3, 0.5],
        source="Kleinrock (1965)",
        topic="Priorities",
        vms=NUM_VMS,
        precision=0.12,
    )


@pytest.mark.slow
def test_delay_dependent_priority(compare: Callable[..., None]) -> None:
    """Rates .5 and .3, urgency growing at 1 and 3: waits 5 and 2.333333."""
    aging = make_scheduler("tsp", aging_per_s=1.0)
    waits, _ = per_class(NON_PREEMPTIVE, two_classes([0.5, 0.3], column="weight", values=(1, 3)), aging, seed=23)
    for k, expected in enumerate((5.0, 2.333333)):
        law = f"delay-dependent priority, class {k + 1}"
        compare(law, expected, waits[:, k], source="Kleinrock (1964)", topic="Priorities", vms=NUM_VMS, precision=0.12)


@pytest.mark.slow
@pytest.mark.parametrize(("order", "expected"), [("cmu", 1.904762), ("reverse", 4.333333)])
def test_cmu(order: str, expected: float, compare: Callable[..., None]) -> None:
    """Rates .6 and .2, means .5 and 2, equal weights: E[N] under c-mu and under the other order, with pre-emption."""
    marks = {"estimate_us": (UNIT_US // 2, 2 * UNIT_US)}
    make = two_classes([0.6, 0.2], means=(0.5, 2.0), values=(0, 1), **marks)
    _, responses = per_class(AT_ARRIVALS, make, "cmu" if order == "cmu" else "tsp", seed=24)
    compare(
        f"E[N] under {order}",
        expected,
        responses @ [0.6, 0.2],
        source="Cox and Smith (1961)",
        topic="Priorities",
        vms=NUM_VMS,
        precision=0.12,
    )


SLICED = Host(quantum_us=UNIT_US // 50)
GITTINS = {"fcfs": (7.50, NON_PREEMPTIVE), "srpt": (2.45, AT_ARRIVALS), "tsrr": (5.0, SLICED), "las": (7.06, SLICED)}


@pytest.mark.slow
@pytest.mark.parametrize("name", GITTINS)
def test_two_point_sizes(name: str, compare: Callable[..., None]) -> None:
    """Sizes .5 with probability .9, else 5.5, load .8: E[T] (given to about 1 %)."""
    expected, host = GITTINS[name]
    num_vms = 100_000
    samples = [
        run.response_us[num_vms // 10 : -num_vms // 10].mean() / UNIT_US
        for run in replicate(host, lambda rng: queue(rng, num_vms, 0.8, LAWS["two-point"]), name, seed=25)
    ]
    compare(f"two-point sizes, {name}", expected, samples, source="M/G/1", topic="Gittins", vms=num_vms, bias=0.015, precision=0.12)


@pytest.mark.slow
def test_best_round_robin(compare: Callable[..., None]) -> None:
    """The same sizes under round robin whose quantum is just the small size: 4.39 (given to about 1 %)."""
    num_vms = 150_000
    samples = [
        run.response_us[num_vms // 10 : -num_vms // 10].mean() / UNIT_US
        for run in replicate(Host(quantum_us=UNIT_US // 2), lambda rng: queue(rng, num_vms, 0.8, LAWS["two-point"]), "tsrr", seed=26)
    ]
    compare("two-point sizes, best tsrr", 4.39, samples, source="M/G/1", topic="Gittins", vms=num_vms, bias=0.015, precision=0.12)


@pytest.mark.slow
def test_gittins_is_told_the_law(compare: Callable[..., None]) -> None:
    """The same sizes under the Gittins policy: 2.60."""
    gittins = make_scheduler("gittins", sizes_us=[UNIT_US // 2] * 9 + [11 * UNIT_US // 2])
    num_vms = 100_000
    samples = [
        run.response_us[num_vms // 10 : -num_vms // 10].mean() / UNIT_US
        for run in replicate(SLICED, lambda rng: queue(rng, num_vms, 0.8, LAWS["two-point"]), gittins, seed=31)
    ]
    source = "Gittins (1979); Aalto, Ayesta and Righter (2009)"
    compare("two-point sizes, gittins", 2.60, samples, source=source, topic="Gittins", vms=num_vms, bias=0.015, precision=0.12)
