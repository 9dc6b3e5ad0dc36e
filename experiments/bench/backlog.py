"""The workload of the growth curves: more VMs than slots from time 0 on, so that every slot is full at every decision."""

from __future__ import annotations

import dataclasses

import numpy as np

from vmenv.episodes.scenario import make_scenario
from vmenv.host.spec import Host
from vmenv.workload import Workload

SIZES = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)  # slots
QUANTA = (200, 600)  # of work a VM: many decisions for each VM that is loaded


def backlog_host() -> Host:
    """Returns the host of thrash."""
    return make_scenario("thrash").build_host()


def backlog(rng: np.random.Generator, num_slots: int, spare: int) -> Workload:
    """Returns VMs with the demands of thrash, all there at time 0: one for each slot, and some to replace those that are done."""
    n, quantum_us = num_slots + spare, backlog_host().quantum_us
    drawn = make_scenario("thrash", num_vms=n).draw_workload(rng, 0)
    work_us = rng.integers(QUANTA[0] * quantum_us, QUANTA[1] * quantum_us, n)
    return dataclasses.replace(drawn, arrival_us=np.zeros(n, np.int64), work_us=work_us)
