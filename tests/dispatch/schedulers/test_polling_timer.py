"""Polling with a timer: by hand, and polling with one threshold as its special case."""

from __future__ import annotations

from math import log
from typing import Any

import pytest

from vmenv.dispatch.simulation import simulate
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import make_scheduler
from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.workload import Workload

HOST = Host(preempt="none", reload_us=10)
# Work 5 each. Tenant 1 at 0, 12, 50; tenant 2 at 13, 14, 60.
WORK = Workload.from_arrays([0, 12, 13, 14, 50, 60], [5] * 6, tenant=[1, 1, 2, 2, 1, 2])


def starts(**parameters: Any) -> list[tuple[int, int]]:
    """Returns VM and start of every grant."""
    run = simulate(HOST, WORK, make_scheduler("polling_timer", **parameters), record=True, interpreted=True)
    assert run.grants is not None
    return sorted(zip(run.grants["vm"].tolist(), run.grants["grant_us"].tolist(), strict=True), key=lambda grant: grant[1])


# At 20 nobody of tenant 1 waits, two of tenant 2 do; its last arrivals were 8 and 20 ago. Where the host goes to tenant 2: VM 2 20-35, VM 3
# 35-40; at 50 one of tenant 1 waits, and tenant 2 last came 36 ago. Where it stays: VM 4 50-55, and then 43 and 5 have passed.
GOES = [(0, 0), (1, 15), (2, 20), (3, 35), (4, 50), (5, 65)]
STAYS = [(0, 0), (1, 15), (4, 50), (2, 60), (3, 75), (5, 80)]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        # 4 x exp(-8 / timer) is 2 for a timer of 8 / log(2): just enough wait, and with a longer one they are too few.
        ({"high": 4, "low": 0, "timer_us": 0.99 * 8 / log(2)}, GOES),
        ({"high": 4, "low": 0, "timer_us": 1.01 * 8 / log(2), "leave": 3}, STAYS),
        # By the second last arrival 20 have passed; by half of each 14.
        ({"high": 4, "low": 0, "timer_us": 1.01 * 8 / log(2), "second": 1.0}, GOES),
        ({"high": 4, "low": 0, "timer_us": 0.99 * 14 / log(2), "second": 0.5}, GOES),
        # A bit more than two at 20; at 55 half of 5 and 43 have passed, 24: 4 x exp(-24 / 20.4) = 1.2, and two wait.
        ({"high": 4, "low": 0, "timer_us": 1.01 * 14 / log(2), "second": 0.5}, [(0, 0), (1, 15), (4, 50), (2, 55), (3, 70), (5, 75)]),
        # A sharp timer: before it runs out the threshold is 4, and after it 1.
        ({"high": 4, "low": 1, "timer_us": 7, "shape": 50.0}, GOES),
        ({"high": 4, "low": 1, "timer_us": 9, "shape": 50.0, "leave": 3}, STAYS),
    ],
)
def test_by_hand(parameters: dict[str, float], expected: list[tuple[int, int]]) -> None:
    assert starts(**parameters) == expected


@pytest.mark.parametrize("threshold", [1.0, 3.0])
def test_with_one_threshold_it_is_polling(threshold: float) -> None:
    scenario = make_scenario("bursts", num_vms=150)
    host, work = scenario.build_host(), scenario.episode(5)
    same = {"patience_us": 4e6, "leave": 12.0}
    polling = simulate(host, work, make_scheduler("polling", threshold=threshold, **same))
    timer = simulate(host, work, make_scheduler("polling_timer", high=threshold, low=threshold, **same))
    assert timer.digest() == polling.digest()
    other = simulate(host, work, make_scheduler("polling_timer", high=threshold + 4, low=threshold, **same))
    assert other.digest() != polling.digest()


@pytest.mark.parametrize(("name", "value"), [("timer_us", 0.0), ("shape", -1.0), ("second", 1.5)])
def test_parameters_are_checked(name: str, value: float) -> None:
    with pytest.raises(SpecError, match=f"{name} is {value}"):
        make_scheduler("polling_timer", **{name: value})
