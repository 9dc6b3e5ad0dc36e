"""The optimum of the one-or-all model, a Markov decision process: servers, small VMs that need one, large ones that need all of them.

Poisson arrivals and exponential run times make the numbers waiting and running all that matters. The process is made discrete by
uniformisation and solved by relative value iteration, whose spans enclose the optimal mean number present (Puterman, "Markov Decision
Processes", 1994, section 8.5). Queues are cut at a length that is next to never reached; arrivals beyond it are lost, which can only
make the optimum look better.

The optimum serves small VMs while many of them wait, lets the host run empty while a few still run and next to none waits, and then serves
large ones, the more of them, the more wait. It may even leave the host idle while a lone small VM waits: another is likely to come soon
and can run beside it, and a large one that comes first does not find the host taken.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmenv.errors import SpecError
from vmenv.host.state import Floats

WAIT, SMALL, LARGE = range(3)  # what to do next


class OneOrAll(NamedTuple):
    """The solved model.

    Attributes:
        low: Lower end of the optimal mean number of VMs present.
        high: Its upper end.
        actions: (servers + 1, waiting small, waiting large) int8: WAIT, SMALL or LARGE, by small VMs that run, while no large one does.
    """

    low: float
    high: float
    actions: NDArray[np.int8]


def solve_one_or_all(
    servers: int, small_rate: float, large_rate: float, *, longest_small: int = 120, longest_large: int = 50, tolerance: float = 1e-3
) -> OneOrAll:
    """Returns the optimal policy and the mean number of VMs present under it.

    Args:
        servers: Servers, and servers that a large VM needs.
        small_rate: Arrivals of small VMs in a mean run time.
        large_rate: The same of large ones.
        longest_small: Waiting small VMs at the most.
        longest_large: Waiting large VMs at the most.
        tolerance: Width of the enclosure of the optimum.

    Raises:
        SpecError: The load is 1 or more, so that every queue grows without end.
    """
    load = small_rate / servers + large_rate
    if not 0 < load < 1:
        raise SpecError(f"the load is {load:g}: give rates with small_rate / servers + large_rate below 1")
    shape = (longest_small + 1, longest_large + 1)
    rate = small_rate + large_rate + servers
    waiting = np.add.outer(np.arange(shape[0]), np.arange(shape[1])).astype(np.float64)
    running = np.arange(servers + 1.0)[:, None, None]
    cost, cost_large = (waiting + running) / rate, (waiting + 1.0) / rate
    value, value_large = np.zeros((servers + 1, *shape)), np.zeros(shape)
    low = high = 0.0
    while high - low > tolerance or high == 0.0:
        best = choose(value, value_large)
        done = np.concatenate([best[:1], best[:-1]])  # one small VM less runs
        arrivals = small_rate * _one_more(best, 1) + large_rate * _one_more(best, 2)
        new = cost + (arrivals + running * done + (servers - running) * value) / rate
        new_large = (
            cost_large
            + (small_rate * _one_more(value_large, 0) + large_rate * _one_more(value_large, 1) + best[0] + (servers - 1) * value_large)
            / rate
        )
        steps = (new - value, new_large - value_large)
        low, high = rate * min(step.min() for step in steps), rate * max(step.max() for step in steps)
        value, value_large = new - new[0, 0, 0], new_large - new[0, 0, 0]
    return OneOrAll(low, high, _actions(value, value_large))


def choose(value: Floats, value_large: Floats) -> Floats:
    """Returns the value of the best that can be started at each (small running, small waiting, large waiting)."""
    best = value.copy()
    best[0, :, 1:] = np.minimum(best[0, :, 1:], value_large[:, :-1])
    for small in range(len(value) - 2, -1, -1):
        best[small, 1:] = np.minimum(best[small, 1:], best[small + 1, :-1])
    return best


def _one_more(value: Floats, axis: int) -> Floats:
    """Returns the values with one VM more waiting; the last is lost."""
    last = np.take(value, [-1], axis)
    return np.concatenate([np.delete(value, 0, axis), last], axis)


def _actions(value: Floats, value_large: Floats) -> NDArray[np.int8]:
    best = choose(value, value_large)
    actions = np.full(value.shape, WAIT, np.int8)
    starts_small = np.zeros(value.shape, np.bool_)
    starts_small[:-1, 1:] = best[:-1, 1:] == best[1:, :-1]
    actions[starts_small & (best < value)] = SMALL
    starts_large = np.zeros(value.shape, np.bool_)
    starts_large[0, :, 1:] = (best[0, :, 1:] == value_large[:, :-1]) & (best[0, :, 1:] < value[0, :, 1:])
    actions[starts_large] = LARGE
    return actions
