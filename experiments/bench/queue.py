"""The M/M/1 queue that vmenv and SimPy both play, on the same numbers."""

from __future__ import annotations

import vmenv
from vmenv.episodes.scenario import make_scenario

NUM_VMS = 10_000


def draw() -> tuple[vmenv.Host, vmenv.Workload]:
    """Returns the host and the arrivals and sizes, always the same."""
    scenario = make_scenario("mm1", num_vms=NUM_VMS)
    return scenario.build_host(), scenario.episode(0)


def ours(host: vmenv.Host, work: vmenv.Workload) -> list[int]:
    """Returns the completion times by vmenv."""
    completions: list[int] = vmenv.simulate(host, work, "fcfs").completion_us.tolist()
    return completions
