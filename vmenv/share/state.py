"""The state of the share model, for one run and for a batch: the arrays, how they are made, and how a run begins."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vmenv.errors import SpecError
from vmenv.host import columns as h
from vmenv.host import given
from vmenv.host.columns import NUM_USES
from vmenv.host.spec import Host
from vmenv.host.state import Floats, Ints
from vmenv.jit import jittable
from vmenv.share import columns as c
from vmenv.share.filling import Filling


class State(NamedTuple):
    """One run. N VMs, P phases, S slots, D devices."""

    host: Ints  # (NUM_HOST_COLUMNS,)
    vms: Ints  # (N, `vmenv.host.columns.NUM_GIVEN_COLUMNS`), only read
    phases: Ints  # (P, `vmenv.host.columns.NUM_PHASE_COLUMNS`), only read
    limits: Ints  # (N,) millicores that a VM can use at the most, only read
    run: Ints  # (NUM_RUN_COLUMNS,)
    devices: Ints  # (D, NUM_DEVICE_COLUMNS)
    slots: Ints  # (S, NUM_SLOT_COLUMNS)
    uses: Ints  # (S, NUM_USES, NUM_USE_COLUMNS)
    caps: Ints  # (S, NUM_USES) rates; what a slot can have at the most while spare shares idle
    books: Ints  # (N, NUM_USES, NUM_BOOK_COLUMNS)
    times: Ints  # (N, NUM_TIME_COLUMNS)
    waited: Floats  # (1,): integral over time of the backlog, all devices, in microseconds to drain it
    filling: Filling


class Runs(NamedTuple):
    """B runs on hosts of one kind. Fields as in `State` and `vmenv.share.filling.Filling`, for each run."""

    host: Ints
    capacity: Ints  # (D,)
    num_vms: Ints  # (B,)
    vms: Ints
    phases: Ints
    limits: Ints
    run: Ints
    devices: Ints
    slots: Ints
    uses: Ints
    caps: Ints
    books: Ints
    times: Ints
    waited: Floats
    asks: Ints
    places: Ints
    weights: Ints
    grants: Ints
    free: Ints
    trial: Ints
    lead: Ints
    quanta: Ints
    status: Ints


@jittable
def one(runs: Runs, r: int) -> State:
    """Returns the view of run `r`."""
    filling = Filling(
        runs.asks[r],
        runs.places[r],
        runs.weights[r],
        runs.capacity,
        runs.grants[r],
        runs.free[r],
        runs.trial[r],
        runs.lead[r],
        runs.quanta[r],
        runs.status[r],
    )
    return State(
        runs.host,
        runs.vms[r],
        runs.phases[r],
        runs.limits[r],
        runs.run[r],
        runs.devices[r],
        runs.slots[r],
        runs.uses[r],
        runs.caps[r],
        runs.books[r],
        runs.times[r],
        runs.waited[r],
        filling,
    )


@jittable
def reset(s: State, num_vms: int) -> None:
    """Puts a run before its first event, with the first `num_vms` rows of its workload to come."""
    for column in range(c.NUM_RUN_COLUMNS):
        s.run[column] = 0
    s.run[c.NUM_VMS] = num_vms
    s.run[c.NEXT_ARRIVAL_US] = s.vms[0, given.ARRIVAL_US]
    s.waited[0] = 0.0
    for device in range(s.devices.shape[0]):
        for column in range(c.NUM_DEVICE_COLUMNS):
            s.devices[device, column] = 0
    for i in range(s.slots.shape[0]):
        clear_slot(s, i)
        s.filling.weights[i] = 1
    for vm in range(num_vms):
        s.times[vm, c.ADMISSION_US] = s.times[vm, c.COMPLETION_US] = -1
        for u in range(NUM_USES):
            for column in range(c.NUM_BOOK_COLUMNS):
                s.books[vm, u, column] = 0


@jittable
def clear_slot(s: State, i: int) -> None:
    """Empties a slot."""
    for column in range(c.NUM_SLOT_COLUMNS):
        s.slots[i, column] = 0
    s.slots[i, c.VM] = h.NOBODY
    s.slots[i, c.PHASE_END_US] = h.NEVER
    for u in range(NUM_USES):
        s.caps[i, u] = s.filling.asks[i, u] = s.filling.places[i, u] = 0
        for column in range(c.NUM_USE_COLUMNS):
            s.uses[i, u, column] = 0


@jittable
def fold(s: State, value: int) -> None:
    """Takes a number into the run's digest: two multiplicative hashes modulo primes, which never leave 63 bits."""
    s.run[c.DIGEST_A] = (s.run[c.DIGEST_A] * 1_103_515_245 + value % 2_147_483_647 + 1) % 2_147_483_647
    s.run[c.DIGEST_B] = (s.run[c.DIGEST_B] * 1_664_525_017 + value % 2_147_483_629 + 7) % 2_147_483_629


def allocate(
    host: Host,
    *,
    num_runs: int,
    num_slots: int,
    num_vms: int,
    num_phases: int,
    interval_us: int,
    unmet: int,
    spare: int,
    objective: int,
    horizon_us: int | None,
) -> Runs:
    """Returns the arrays for `num_runs` runs; `load` and `reset` make them ready.

    Args:
        host: The host that all runs are on.
        num_runs: Size of the batch.
        num_slots: VMs that can be present in a run.
        num_vms: VMs that a workload may have at the most.
        num_phases: Phases that a workload may have at the most, over all its VMs.
        interval_us: Length of an interval.
        unmet: UNMET_LOST or UNMET_QUEUED.
        spare: SPARE_IDLE or SPARE_SHARED.
        objective: STEAL, ALL_UNMET or BACKLOG_COST.
        horizon_us: Where every run is cut; None: never.

    Raises:
        SpecError: Capacity x interval leaves 64 bits.
    """
    capacity = np.array(host.capacities, np.int64)
    limit_us = h.NEVER // int(capacity.max())
    if interval_us > limit_us:
        raise SpecError(f"interval_us is {interval_us}: with capacities of {capacity.max()} give at most {limit_us}")
    numbers = np.zeros(c.NUM_HOST_COLUMNS, np.int64)
    numbers[c.INTERVAL_US], numbers[c.NUM_DISKS] = interval_us, len(host.disks)
    numbers[c.UNMET], numbers[c.SPARE], numbers[c.OBJECTIVE] = unmet, spare, objective
    numbers[c.HORIZON_US] = h.NEVER if horizon_us is None else horizon_us
    numbers[c.CLOCK_LIMIT_US] = limit_us
    num_devices = len(capacity)

    def zeros(*shape: int) -> Ints:
        return np.zeros((num_runs, *shape), np.int64)

    return Runs(
        host=numbers,
        capacity=capacity,
        num_vms=zeros(),
        vms=zeros(num_vms, h.NUM_GIVEN_COLUMNS),
        phases=zeros(num_phases, h.NUM_PHASE_COLUMNS),
        limits=zeros(num_vms),
        run=zeros(c.NUM_RUN_COLUMNS),
        devices=zeros(num_devices, c.NUM_DEVICE_COLUMNS),
        slots=zeros(num_slots, c.NUM_SLOT_COLUMNS),
        uses=zeros(num_slots, NUM_USES, c.NUM_USE_COLUMNS),
        caps=zeros(num_slots, NUM_USES),
        books=zeros(num_vms, NUM_USES, c.NUM_BOOK_COLUMNS),
        times=zeros(num_vms, c.NUM_TIME_COLUMNS),
        waited=np.zeros((num_runs, 1)),
        asks=zeros(num_slots, NUM_USES),
        places=zeros(num_slots, NUM_USES),
        weights=zeros(num_slots) + 1,
        grants=zeros(num_slots, NUM_USES),
        free=zeros(num_devices),
        trial=zeros(num_devices),
        lead=zeros(num_slots),
        quanta=zeros(num_slots),
        status=zeros(num_slots),
    )


def load(runs: Runs, r: int, vms: Ints, phases: Ints, limits: Ints) -> None:
    """Copies a workload into the table of run `r`.

    Args:
        runs: Arrays with room for it.
        r: The run; it must not be going on.
        vms: (N, NUM_GIVEN_COLUMNS) in order of arrival.
        phases: (P, NUM_PHASE_COLUMNS).
        limits: (N,) in order of arrival.

    Raises:
        SpecError: The demands x their times leave 64 bits.
    """
    rates = phases[:, :NUM_USES].astype(np.float64)
    if (rates * phases[:, [h.PHASE_WORK_US]]).sum(axis=0).max() >= h.NEVER:
        raise SpecError("the demands x their times add up to more than 64 bits hold: give fewer VMs, or coarser units of bandwidth")
    runs.num_vms[r] = len(vms)
    runs.vms[r, : len(vms)] = vms
    runs.phases[r, : len(phases)] = phases
    runs.limits[r, : len(vms)] = limits
