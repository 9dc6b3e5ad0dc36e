"""Books of any size: beside the integers of Python, and on a machine and for a time that fill 64 bits."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import vmenv
from vmenv.checks import LARGEST
from vmenv.host import columns as c
from vmenv.host.books import book, booked


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, LARGEST), st.one_of(st.integers(0, 2**33), st.integers(0, c.CLOCK_LIMIT_US))), max_size=40))
def test_a_book_holds_the_sum_of_its_entries(entries: list[tuple[int, int]]) -> None:
    devices = np.zeros((2, c.NUM_DEVICE_COLUMNS), np.int64)
    for demand, passed_us in entries:
        book(devices, 1, c.OVERHEAD, demand, passed_us)
    assert booked(devices, 1, c.OVERHEAD) == sum(demand * passed_us for demand, passed_us in entries)
    assert np.count_nonzero(devices) <= 2, "nothing else is written to"


def test_a_large_machine_for_a_century() -> None:
    """Books close, and what they say of the use is right."""
    cpus, year_us = 163_840, 31_557_600_000_000
    host = vmenv.Host(cpus=cpus, preempt="none", switch_us=0, swap_kib_s=None)
    work = vmenv.Workload.from_arrays([0, 50 * year_us], [25 * year_us, 50 * year_us], cpu_millicores=[1000 * cpus, 500 * cpus])
    for interpreted in (False, True):
        run = vmenv.simulate(host, work, "fcfs", interpreted=interpreted)
        assert run.end_us == 100 * year_us
        assert run.metrics()["cpu_utilization"] == 0.5
        for device in range(len(host.capacities)):
            held = sum(booked(run.devices.T, device, column) for column in (c.SERVED, c.OVERHEAD, c.IDLE))
            assert held == host.capacities[device] * run.end_us
