"""The unit facts of the seed's four schedulers, and what tells them apart from the algorithms next to them."""

from __future__ import annotations

from typing import Any

import pytest

from vmenv.dispatch.simulation import simulate
from vmenv.episodes.schedulers import list_schedulers, make_scheduler
from vmenv.errors import SpecError, UnknownNameError
from vmenv.host.spec import Host
from vmenv.workload import Workload


def shares_of_ten(name: str, **parameters: Any) -> list[int]:
    """Returns what VMs that want 6, 5, 4 and 1 of a resource have of the first 10, given out one at a time."""
    work = Workload.from_arrays([0] * 4, [6, 5, 4, 1], weight=parameters.pop("weight", 1))
    return simulate(Host(quantum_us=1), work, make_scheduler(name, **parameters), horizon_us=10, interpreted=True).attained_us.tolist()


def test_one_resource_of_ten() -> None:
    """C = 10, demands (6, 5, 4, 1), R_quantum = 1, the resource being time on one pCPU.

    RAP gives the next unit to the least share: 1 each, 1, 1, 1 to three, and so on to (3, 3, 3, 1). RRP-asc gives it to the smallest
    requirement that is left: 1, then 4, then 5: (0, 5, 4, 1), which on one pCPU is SRPT.
    """
    assert shares_of_ten("rap", rule="attained") == [3, 3, 3, 1]
    assert shares_of_ten("las") == [3, 3, 3, 1]
    assert shares_of_ten("tsrr") == [3, 3, 3, 1]
    assert shares_of_ten("srpt") == [0, 5, 4, 1]


def test_rap_counts_weights() -> None:
    """Weights 2, 1, 1 and 1. Attained / weight: 0 1 2 3 to 1, .5 (VM 0): 1; then VM 0, 1, 2 at 1: 0, 0 (1.5), 1, 2: 4, 2, 2, 1 after nine.

    The tenth: VM 0, 1 and 2 all have 2: the lowest number.
    """
    assert shares_of_ten("rap", rule="attained", weight=[2, 1, 1, 1]) == [5, 2, 2, 1]


def test_strict_priority_holds_at_every_quantum_and_not_within_one() -> None:
    """Quantum 10. VM 1 (urgent) arrives at 3 into VM 0's quantum and waits for its end; pre-empting, it does not. VM 2 is in between."""
    work = Workload.from_arrays([0, 3, 4], [30, 10, 10], priority=[0, 9, 5])
    assert simulate(Host(quantum_us=10), work, "tsp", interpreted=True).completion_us.tolist() == [50, 20, 30]
    assert simulate(Host(quantum_us=10, preempt="arrival"), work, "tsp", interpreted=True).completion_us.tolist() == [50, 13, 23]


@pytest.mark.parametrize("name", list_schedulers())
def test_names_and_parameters_are_checked(name: str) -> None:
    with pytest.raises(UnknownNameError, match=f"unknown scheduler '{name}x': did you mean '{name}'"):
        make_scheduler(name + "x")
    with pytest.raises(SpecError, match=f"scheduler '{name}' has no parameter 'bakfill': did you mean 'backfill'"):
        make_scheduler(name, bakfill=True)
    with pytest.raises(SpecError, match="backfill is 1: give True or False"):
        make_scheduler(name, backfill=1)
