"""The state of a batch of runs: its arrays, how they are made, and how a run begins.

A single run is a batch of one. Everything is an int64 but the cost, which is a float64 derived from the integers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmenv.host import columns as c
from vmenv.host.spec import PREEMPT_MODES, Host
from vmenv.jit import jittable

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Runs(NamedTuple):
    """The state of B runs on hosts of one kind. N VMs, P phases, S slots, D devices, L log entries."""

    host: Ints  # (NUM_HOST_COLUMNS,)
    devices: Ints  # (B, NUM_DEVICE_COLUMNS, D)
    vms: Ints  # (B, N, NUM_VM_COLUMNS)
    phases: Ints  # (B, P, NUM_PHASE_COLUMNS)
    cost_rates: Floats  # (B, N): c_i
    slots: Ints  # (B, NUM_SLOT_COLUMNS, S)
    run: Ints  # (B, NUM_RUN_COLUMNS)
    costs: Floats  # (B, NUM_COST_COLUMNS)
    vm_memory: Floats  # (B, NUM_VM_MEMORY, S): the scheduler's own
    run_memory: Floats  # (B, NUM_RUN_MEMORY): the scheduler's own
    log: Ints  # (B, NUM_LOG_COLUMNS, L)


@jittable
def reset(s: Runs, r: int) -> None:
    """Puts run `r` before its first event; its rows of `vms` (given columns), `phases` and `cost_rates` are kept."""
    num_vms = s.run[r, c.NUM_VMS]
    for column in range(c.NUM_RUN_COLUMNS):
        s.run[r, column] = 0
    s.run[r, c.NUM_VMS] = num_vms
    s.run[r, c.POOL_FREE_MIB] = s.host[c.POOL_MIB]
    for column in range(c.NUM_COST_COLUMNS):
        s.costs[r, column] = 0.0
    for k in range(c.NUM_RUN_MEMORY):
        s.run_memory[r, k] = 0.0
    for column in range(c.NUM_SLOT_COLUMNS):
        for i in range(s.slots.shape[2]):
            s.slots[r, column, i] = 0
    for i in range(s.slots.shape[2]):
        s.slots[r, c.VM, i] = c.NOBODY
        s.slots[r, c.LAST_END_US, i] = -1
    for device in range(s.devices.shape[2]):
        s.devices[r, c.FREE, device] = s.devices[r, c.CAPACITY, device]
        for column in range(c.MAPPED, c.NUM_DEVICE_COLUMNS):
            s.devices[r, column, device] = 0
    for column in range(c.NUM_GIVEN_VM_COLUMNS, c.NUM_VM_COLUMNS):
        for vm in range(num_vms):
            s.vms[r, vm, column] = 0
    for vm in range(num_vms):
        s.vms[r, vm, c.COMPLETION_US] = -1
        s.vms[r, vm, c.ADMISSION_US] = -1


@jittable
def fold(s: Runs, r: int, event: int, number: int) -> None:
    """Takes an event into the run's digest: two multiplicative hashes modulo primes, which never leave 63 bits."""
    value = s.run[r, c.CLOCK_US] + (number * 8 + event) * 1_000_003
    s.run[r, c.DIGEST_A] = (s.run[r, c.DIGEST_A] * 1_103_515_245 + value + 1) % 2_147_483_647
    s.run[r, c.DIGEST_B] = (s.run[r, c.DIGEST_B] * 1_664_525_017 + value + 7) % 2_147_483_629


def allocate(
    host: Host,
    *,
    num_runs: int,
    num_slots: int,
    num_vms: int,
    num_phases: int,
    horizon_us: int | None = None,
    log_length: int = 0,
    unlimited_slots: bool = False,
) -> Runs:
    """Returns the arrays for `num_runs` runs on `host`; `load` and `reset` make them ready.

    Args:
        host: The host that all runs are on.
        num_runs: Size of the batch.
        num_slots: VMs that can be present in a run.
        num_vms: VMs that a workload may have at the most.
        num_phases: Phases that a workload may have at the most, over all its VMs.
        horizon_us: Where every run is cut; None: never.
        log_length: Grants that the log of a run keeps.
        unlimited_slots: Whether a run stops with NEEDS_SLOTS when its slots do not suffice.
    """
    numbers = np.zeros(c.NUM_HOST_COLUMNS, np.int64)
    numbers[c.MEMORY_MIB] = host.memory_mib
    numbers[c.NUM_DISKS] = len(host.disks)
    numbers[c.QUANTUM_US] = host.quantum_us
    numbers[c.SWITCH_US] = host.switch_us
    numbers[c.SWAP_KIB_S] = host.swap_kib_s or 0
    numbers[c.PREEMPT] = PREEMPT_MODES.index(host.preempt)
    numbers[c.POOL_MIB] = host.pool_mib
    numbers[c.HORIZON_US] = c.NEVER if horizon_us is None else horizon_us
    numbers[c.CLOCK_LIMIT_US] = c.NEVER // max(host.capacities)
    numbers[c.UNLIMITED_SLOTS] = unlimited_slots

    devices = np.zeros((num_runs, c.NUM_DEVICE_COLUMNS, len(host.capacities)), np.int64)
    devices[:, c.CAPACITY] = host.capacities
    return Runs(
        host=numbers,
        devices=devices,
        vms=np.zeros((num_runs, num_vms, c.NUM_VM_COLUMNS), np.int64),
        phases=np.zeros((num_runs, num_phases, c.NUM_PHASE_COLUMNS), np.int64),
        cost_rates=np.zeros((num_runs, num_vms), np.float64),
        slots=np.zeros((num_runs, c.NUM_SLOT_COLUMNS, num_slots), np.int64),
        run=np.zeros((num_runs, c.NUM_RUN_COLUMNS), np.int64),
        costs=np.zeros((num_runs, c.NUM_COST_COLUMNS), np.float64),
        vm_memory=np.zeros((num_runs, c.NUM_VM_MEMORY, num_slots), np.float64),
        run_memory=np.zeros((num_runs, c.NUM_RUN_MEMORY), np.float64),
        log=np.zeros((num_runs, c.NUM_LOG_COLUMNS, log_length), np.int64),
    )


def load(s: Runs, r: int, vms: Ints, phases: Ints, cost_rates: Floats) -> None:
    """Copies a workload into run `r`.

    Args:
        s: Arrays with room for it.
        r: The run.
        vms: (N, NUM_GIVEN_VM_COLUMNS) in order of arrival.
        phases: (P, NUM_PHASE_COLUMNS); FIRST_PHASE and PAST_PHASE of `vms` count in it.
        cost_rates: (N,) c_i of the VMs.
    """
    num_vms = len(vms)
    s.vms[r, :num_vms, : c.NUM_GIVEN_VM_COLUMNS] = vms
    s.phases[r, : len(phases)] = phases
    s.cost_rates[r, :num_vms] = cost_rates
    s.run[r, c.NUM_VMS] = num_vms
