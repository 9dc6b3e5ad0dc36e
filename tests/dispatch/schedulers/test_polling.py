"""Polling and its phase-aware form, by hand, and the filter against the matrix exponential that it stands for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.loop.view import view_host
from vmenv.dispatch.scenarios.bursts import Bursts
from vmenv.dispatch.schedulers.phase_aware import filter_arrivals
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.schedulers import make_scheduler
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.host.state import one
from vmenv.workload import Workload

HOST = Host(preempt="none", reload_us=10)
# Work 5 each. Tenant 1 at 0, 12, 50; tenant 2 at 13, 14, 60.
WORK = Workload.from_arrays([0, 12, 13, 14, 50, 60], [5] * 6, tenant=[1, 1, 2, 2, 1, 2])


def starts(**parameters: Any) -> list[tuple[int, int]]:
    """Returns VM and start of every grant of polling."""
    run = simulate(HOST, WORK, make_scheduler("polling", **parameters), record=True, interpreted=True)
    assert run.grants is not None
    return sorted(zip(run.grants["vm"].tolist(), run.grants["grant_us"].tolist(), strict=True), key=lambda grant: grant[1])


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        # VM 0 reloads, 0-15. VM 1 (12) is of its tenant: 15-20. Tenant 2: VM 2 20-35, VM 3 35-40. Then VM 4 of tenant 1 50-65, VM 5 65-80.
        ({}, [(0, 0), (1, 15), (2, 20), (3, 35), (4, 50), (5, 65)]),
        # Two wait at 20: as before. At 50 one waits: not enough, and at 60 VM 5 comes, of the loaded tenant: 60-65. Nobody is to come: 65.
        ({"threshold": 2}, [(0, 0), (1, 15), (2, 20), (3, 35), (5, 60), (4, 65)]),
        # Two are not enough at 20, and the next thing that happens is VM 4 of the loaded tenant, 50-55. At 60 there are three.
        ({"threshold": 3}, [(0, 0), (1, 15), (4, 50), (2, 60), (3, 75), (5, 80)]),
        # VM 2 has waited 7 at 20, and 37 when VM 4 comes, but that is served first; at 55 it has waited 42.
        ({"threshold": 3, "patience_us": 8.0}, [(0, 0), (1, 15), (4, 50), (2, 55), (3, 70), (5, 75)]),
        ({"threshold": 3, "patience_us": 7.0}, [(0, 0), (1, 15), (2, 20), (3, 35), (5, 60), (4, 65)]),
        # At 15 two of tenant 2 wait and VM 1 is left: 15-30, and one of tenant 1 does not bring the host back before 3 is done at 35.
        ({"leave": 2}, [(0, 0), (2, 15), (3, 30), (1, 35), (4, 50), (5, 60)]),
    ],
)
def test_polling_by_hand(parameters: dict[str, float], expected: list[tuple[int, int]]) -> None:
    assert starts(**parameters) == expected


def test_the_filter_is_the_matrix_exponential() -> None:
    """Along an episode: equilibrium, the exponential of (generator - rates) over each gap, and the rates at each arrival."""
    scenario = Bursts(num_vms=120)
    params = make_scheduler("phase_aware").params()
    rates = np.array([scenario.burst_load, scenario.quiet_load]) / scenario.mean_us
    generator = np.array([[-1 / scenario.burst_us, 1 / scenario.burst_us], [1 / scenario.quiet_us, -1 / scenario.quiet_us]])
    work = scenario.episode(1)
    episodes = DispatchEpisodes(scenario, 1, interpreted=True)
    episodes.restart([0], [1])
    episodes.remember()
    equilibrium = np.array([scenario.burst_us, scenario.quiet_us]) / (scenario.burst_us + scenario.quiet_us)
    known = dict.fromkeys((0, 1), (equilibrium, -1, 0))  # at the last arrival, which is the third; the second: seen up to there
    spread = []
    while not episodes.terminated[0]:
        s = one(episodes.runs, 0)
        filter_arrivals(view_host(s), params)
        now = int(s.run[c.CLOCK_US])
        for tenant in (0, 1):
            phases, seen, last = known[tenant]
            for arrival in work.arrival_us[(work.tenant == tenant) & (work.arrival_us > seen) & (work.arrival_us <= now)].tolist():
                phases = phases @ expm((generator - np.diag(rates)) * (arrival - last)) * rates
                phases, last = phases / phases.sum(), arrival
            known[tenant] = phases, now, last
            phases = phases @ expm((generator - np.diag(rates)) * (now - last))
            assert s.run_memory[tenant] == pytest.approx(phases[0] / phases.sum(), abs=1e-9)
            spread.append(s.run_memory[tenant])
        episodes.step(episodes.observations.action_mask[:, :-1].argmax(axis=1))
    assert min(spread) < 0.05
    assert max(spread) > 0.95


def test_the_defaults_of_phase_aware_are_the_scenario() -> None:
    scenario, scheduler = Bursts(), make_scheduler("phase_aware")
    given = scheduler.describe()
    assert given["burst_rate_per_s"] == pytest.approx(scenario.burst_load * 1e6 / scenario.mean_us)
    assert given["quiet_rate_per_s"] == pytest.approx(scenario.quiet_load * 1e6 / scenario.mean_us)
    assert (given["burst_us"], given["quiet_us"]) == (scenario.burst_us, scenario.quiet_us)


def test_phase_aware_waits_in_a_burst_and_goes_after_it() -> None:
    """Reload 10, work 1. Bursts of 1 every 10 us last 200 us. Tenant 0 comes at 0, 10, ..., 90; tenant 1 at 42 and 300.

    At 51 tenant 0 has come six times in a row: the host stays, and VM 5 (42) waits, though the loaded queue is empty.
    At 300 nobody of tenant 0 has come for 210 us: the host goes, first come, first served.
    """
    arrivals = [*range(0, 50, 10), 42, *range(50, 100, 10), 300]
    work = Workload.from_arrays(arrivals, [1] * 12, tenant=[0] * 5 + [1] + [0] * 5 + [1])
    known = {"burst_rate_per_s": 1e5, "quiet_rate_per_s": 1e3, "burst_us": 200, "quiet_us": 2_000, "likely": 0.5}
    aware = make_scheduler("phase_aware", burst_threshold=3, quiet_threshold=1, **known)
    run = simulate(HOST, work, aware, interpreted=True)
    assert run.completion_us.tolist() == [11, 12, 21, 31, 41, 311, 51, 61, 71, 81, 91, 312]
    assert simulate(HOST, work, "polling", interpreted=True).completion_us[5] == 53
