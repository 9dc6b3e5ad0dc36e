"""The random numbers of keys: that they are uniform, do not go together, never repeat, and are the same in either mode."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from tests.reference.draws import Draws
from vmenv.dispatch.loop.draws import uniform, words_of
from vmenv.dispatch.simulation import simulate
from vmenv.host.spec import Host
from vmenv.workload import Workload

FALSE_ALARM = 1e-6  # of each test, were the seeds others


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
def test_draws_are_those_of_the_hash(seed: int) -> None:
    """Against unsigned integers of 32 bits, for small counters and for the largest."""
    draws, params = Draws(seed), words_of(seed)
    for number in (0, 1, 2, 1_000, 2**31 - 1):
        for decision in (0, 1, 2, 4_096, 2**40, 2**62):
            assert uniform(number, decision, params) == draws.uniform(number, decision)


def table(seed: int, num_vms: int, num_decisions: int) -> np.ndarray:
    """Returns (num_decisions, num_vms) draws."""
    params = words_of(seed)
    return np.array([[uniform(number, decision, params) for number in range(num_vms)] for decision in range(num_decisions)])


def test_draws_are_uniform_and_do_not_go_together() -> None:
    """Chi-square: of 64 cells for one draw, and of 8 x 8 cells for two VMs, two decisions, and both: 63 degrees of freedom each."""
    u = table(seed=5, num_vms=4, num_decisions=40_000)
    assert 0.0 < u.min() < u.max() < 1.0
    assert len(np.unique(u)) > u.size - 40  # of 2^32 numbers, 160,000 draws meet 3 times on the average
    pairs = {
        "VMs": (u[:, 0], u[:, 1]),
        "VMs further apart": (u[:, 0], u[:, 3]),
        "decisions": (u[:-1, 0], u[1:, 0]),
        "decisions further apart": (u[:-4096, 0], u[4096:, 0]),
        "VMs and decisions": (u[:-1, 0], u[1:, 1]),
    }
    counts = {name: np.histogram2d(*pair, bins=8, range=[[0, 1]] * 2)[0].ravel() for name, pair in pairs.items()}
    counts["one"] = np.histogram(u, bins=64, range=(0, 1))[0]
    for name, count in counts.items():
        expected = count.sum() / 64
        assert ((count - expected) ** 2 / expected).sum() < stats.chi2.isf(FALSE_ALARM, 63), name


@pytest.mark.parametrize(("name", "weights"), [("lottery", [3, 1]), ("lottery", [5, 2, 1]), ("random", [1, 1, 1])])
def test_shares_converge(name: str, weights: list[int]) -> None:
    """Four runs of 2 million decisions: wins are multinomial, so that shares are right to 3e-4. Chi-square, false alarm 1e-6.

    Draws that are taken from 4,096 again and again leave shares half a per cent off, however long the run.
    """
    num_decisions, share = 2_000_000, np.array(weights) / sum(weights)
    work = Workload.from_arrays([0] * len(weights), [num_decisions] * len(weights), weight=weights)
    deviation = 0.0
    for seed in range(4):
        run = simulate(Host(quantum_us=1), work, name, seed=seed, horizon_us=num_decisions)
        assert run.num_grants.sum() in (num_decisions, num_decisions + 1)  # one begins as the horizon is reached
        deviation += ((run.num_grants - num_decisions * share) ** 2 / (num_decisions * share)).sum()
    assert deviation < stats.chi2.isf(FALSE_ALARM, 4 * (len(weights) - 1))


def test_either_mode_draws_the_same() -> None:
    work = Workload.from_arrays([0] * 3, [400] * 3, weight=[5, 2, 1])
    runs = [simulate(Host(quantum_us=1), work, "lottery", seed=9, interpreted=interpreted, record=True) for interpreted in (False, True)]
    assert runs[0].digest() == runs[1].digest()


def test_another_seed_is_another_race() -> None:
    work = Workload.from_arrays([0] * 3, [400] * 3)
    orders = []
    for seed in (1, 2):
        run = simulate(Host(quantum_us=1), work, "random", seed=seed, record=True)
        assert run.grants is not None
        orders.append(run.grants["vm"])
    agree = (orders[0] == orders[1])[:1_000].mean()
    assert abs(agree - 1 / 3) < 5 * math.sqrt(2 / 9 / 1_000)
