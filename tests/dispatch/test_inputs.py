"""Inputs: which rules have none in a workload, and what they are then."""

from __future__ import annotations

import pytest

from vmenv.dispatch.scheduler import inputs_missing
from vmenv.dispatch.schedulers.fcfs import Fcfs
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.schedulers import list_schedulers, make_scheduler
from vmenv.host.spec import Host
from vmenv.workload import Workload

GIVEN = {
    "weight": [1, 2, 3],
    "priority": [0, 0, 1],
    "slo_us": [100, 0, 50],
    "estimate_us": [30, 20, 0],
    "tenant": [0, 0, 1],
    "contention": [[0, 100], [0, 0]],
}
NOTHING = Workload.from_arrays([0, 1, 2], [30, 20, 10])


@pytest.mark.parametrize("name", list_schedulers())
def test_what_is_needed_is_missed_where_nobody_has_it(name: str) -> None:
    scheduler = make_scheduler(name)
    assert set(scheduler.needs) <= set(GIVEN)
    assert inputs_missing(scheduler, NOTHING) == scheduler.needs
    given = {column: GIVEN[column] for column in scheduler.needs}
    assert inputs_missing(scheduler, Workload.from_arrays([0, 1, 2], [30, 20, 10], **given)) == ()


def test_a_weight_of_one_is_none() -> None:
    class Heaviest(Fcfs):
        needs = ("weight", "estimate_us")

    assert inputs_missing(Heaviest(), NOTHING) == ("weight", "estimate_us")
    assert inputs_missing(Heaviest(), Workload.from_arrays([0, 1, 2], [30, 20, 10], weight=[1, 2, 1])) == ("estimate_us",)


@pytest.mark.parametrize("name", [name for name in list_schedulers() if make_scheduler(name).needs and make_scheduler(name).keeps_keys])
def test_without_its_input_a_fixed_key_is_the_order_of_arrival(name: str) -> None:
    """Which is why it is not ranked. Sizes that turn the order round would show."""
    host = Host(preempt="none")
    work = Workload.from_arrays([0, 1, 2, 3], [30, 20, 10, 5])
    assert simulate(host, work, name).digest() == simulate(host, work, "fcfs").digest()
