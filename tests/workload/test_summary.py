"""Figures of workloads, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from tests.strategies import workloads
from vmenv.workload import Phase, Workload
from vmenv.workload.summary import RESOURCES, Demand, demand_of, load_over_time, times_of

WORK = Workload.from_phases([10, 0], [[Phase(10, 400), Phase(30, 0)], [Phase(20, 100)]])


def test_demand_is_weighted_by_time() -> None:
    assert demand_of(WORK, "cpu_millicores") == Demand(mean=100.0, median=0.0, p95=400.0, most=400, zero_share=0.5)
    assert demand_of(WORK, "memory_mib").zero_share == 1.0


def test_load_adds_up_what_runs_at_the_same_time() -> None:
    assert [times.tolist() for times in times_of(WORK)] == [[10, 20, 0], [20, 50, 20]]
    borders, load = load_over_time(WORK, "cpu_millicores", 5)
    assert borders.tolist() == [0, 10, 20, 30, 40, 50]
    assert load.tolist() == [100, 500, 0, 0, 0]
    _, halves = load_over_time(WORK, "cpu_millicores", 2)
    assert halves.tolist() == [240, 0]


@given(work=workloads())
def test_the_area_under_the_load_is_all_that_is_demanded(work: Workload) -> None:
    for resource in RESOURCES:
        borders, load = load_over_time(work, resource, 7)
        assert load @ np.diff(borders) == pytest.approx(getattr(work, resource) @ work.work_us)
