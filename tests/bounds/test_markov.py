"""The one-or-all model: closed forms at its borders, the published optimum, and the policy played on the host."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from vmenv.bounds.gang_optimal import GangOptimal, gang_optimal
from vmenv.bounds.markov import LARGE, SMALL, WAIT, OneOrAll, solve_one_or_all
from vmenv.dispatch.scenarios.gang import Gang
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.schedulers import make_scheduler
from vmenv.errors import SpecError
from vmenv.leaderboard.score import paired_ratio
from vmenv.testing import check_scheduler

SMALL_GANG = Gang(cpus=3, small_rate=0.9, large_rate=0.3, num_vms=300)


@cache
def small_table() -> GangOptimal:
    return gang_optimal(SMALL_GANG, longest_small=40, longest_large=25)


def erlang_c_present(servers: int, load: float) -> float:
    """Returns E[N] of M/M/k by Erlang's C formula."""
    offered = servers * load
    tail = offered**servers / math.factorial(servers) / (1 - load)
    waits = tail / (sum(offered**k / math.factorial(k) for k in range(servers)) + tail)
    return offered + waits * load / (1 - load)


def test_small_ones_alone_are_mmk() -> None:
    """M/M/4 at load .75: E[N] = 4.528. A large one in ten million changes that by less than the tolerance."""
    solved = solve_one_or_all(4, 3.0, 1e-7, longest_small=100, longest_large=2, tolerance=1e-3)
    exact = erlang_c_present(4, 0.75)
    assert exact == pytest.approx(4.528, abs=5e-4)
    assert solved.low - 1e-3 <= exact <= solved.high + 1e-3


def test_large_ones_alone_are_mm1() -> None:
    """M/M/1 at load .6: E[N] = 1.5."""
    solved = solve_one_or_all(2, 1e-7, 0.6, longest_small=2, longest_large=60, tolerance=1e-3)
    assert solved.low - 1e-3 <= 1.5 <= solved.high + 1e-3


def check_shape(solved: OneOrAll) -> None:
    """A large one starts on an empty host only, no small one where it would not fit, and only a lone small one may be left waiting."""
    actions = solved.actions
    assert (actions[0, 0, 1:] == LARGE).all()
    assert (actions[0, 2:, 0] == SMALL).all()
    assert (actions[0, 1:, 1:] != WAIT).all()
    assert (actions[:, 0, 0] == WAIT).all()
    assert (actions[-1] == WAIT).all()
    assert (actions[1:] != LARGE).all()


def test_two_truncations_agree() -> None:
    """Where the queues are cut makes no difference that the tolerance would show."""
    short = solve_one_or_all(3, 0.9, 0.3, longest_small=40, longest_large=25, tolerance=1e-3)
    long = solve_one_or_all(3, 0.9, 0.3, longest_small=60, longest_large=40, tolerance=1e-3)
    assert short.low <= long.high
    assert long.low <= short.high + 1e-4
    check_shape(short)
    check_shape(long)


@pytest.mark.slow
def test_the_published_optimum() -> None:
    """k = 8, lambda 2.4 and .4, load .7: 10.23."""
    solved = solve_one_or_all(8, 2.4, 0.4)
    assert solved.low == pytest.approx(10.23, abs=0.005)
    check_shape(solved)
    assert solved.actions[0, 1, 0] == WAIT  # a second small one is likely to come soon, and a large one should not find the host taken


def test_an_overload_is_refused() -> None:
    with pytest.raises(SpecError, match=r"load is 1\.2"):
        solve_one_or_all(2, 1.0, 0.7)


def test_the_optimal_policy_keeps_the_contract() -> None:
    check_scheduler(small_table())


def test_the_optimal_policy_is_the_best_on_the_host() -> None:
    """Not above any rule for these VMs by more than the 95 % interval of 150 episodes; false alarm 2.5 % each, seeds fixed."""
    means = {}
    for policy in (small_table(), *(make_scheduler(name) for name in ("drain", "msfq", "fcfs", "serverfilling"))):
        host = SMALL_GANG.build_host()
        means[policy] = np.array(
            [simulate(host, SMALL_GANG.episode(seed), policy, num_slots=96, objective="mean_response_us").cost for seed in range(150)]
        )
    best = means.pop(small_table())
    for policy, costs in means.items():
        assert paired_ratio(best, costs).low <= 1.0, policy.describe()
    # Little: E[N] is arrivals in a mean run time x E[T]; episodes start empty, so that the simulated one is somewhat below.
    present = 1.2 * best.mean() / 300 / SMALL_GANG.mean_us
    solved = solve_one_or_all(3, 0.9, 0.3, longest_small=40, longest_large=25, tolerance=0.01)
    assert 0.85 * solved.low < present < 1.05 * solved.high
