"""The state of a run and of a batch of runs: the arrays, how they are made, and how a run begins.

Everything is an int64 but the cost, which is a float64 derived from the integers, and the schedulers' own memory.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmenv.host import columns as c
from vmenv.host import given, outcome
from vmenv.host.heap import make_heap
from vmenv.host.spec import MAPPINGS, PREEMPT_MODES, PROVISIONING, Host, check_commits
from vmenv.jit import jittable, unsigned, with_sizes

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@with_sizes(
    vms=(c.NUM_GIVEN_COLUMNS,),
    phases=(c.NUM_PHASE_COLUMNS,),
    deadlines=(2,),
    outcomes=(c.NUM_OUTCOME_COLUMNS,),
    devices=(c.NUM_DEVICE_COLUMNS,),
    front=(c.NUM_FRONT_COLUMNS,),
    slots=(c.NUM_SLOT_COLUMNS,),
    vm_memory=(c.NUM_VM_MEMORY,),
    log=(c.NUM_LOG_COLUMNS,),
    pairs=(c.NUM_PAIR_COLUMNS,),
)
class State(NamedTuple):
    """One run, as all dynamics and schedulers see it. N VMs, P phases, S slots, D devices, L log entries."""

    host: Ints  # (NUM_HOST_COLUMNS,)
    vms: Ints  # (N, NUM_GIVEN_COLUMNS), only read
    phases: Ints  # (P, NUM_PHASE_COLUMNS), only read
    cost_rates: Floats  # (N,): c_i of `vmenv.dispatch.objective`, only read
    late_rates: Floats  # (N,): d_i, only read
    deadlines: Ints  # (N, 2): deadline and VM number where d_i is not 0, the soonest first, NEVER behind them; only read
    contention: Ints  # (C, C): thousandths that a VM of the row's class loses to a running one of the column's; C = 0: nothing; only read
    outcomes: Ints  # (N, NUM_OUTCOME_COLUMNS)
    run: Ints  # (NUM_RUN_COLUMNS,)
    costs: Floats  # (NUM_COST_COLUMNS,)
    devices: Ints  # (D, NUM_DEVICE_COLUMNS)
    front: Ints  # (S, NUM_FRONT_COLUMNS)
    slots: Ints  # (S, NUM_SLOT_COLUMNS)
    lists: Ints  # (NUM_LISTS, S)
    waiting: NDArray[np.int32]  # (NUM_DEMANDS, S rounded up to blocks)
    keys: Ints  # (S rounded up to blocks,)
    least_keys: Ints  # (ceil(S / BLOCK),): the least of each block, UNKNOWN_KEY: to be found
    block_first: Ints  # the same length: the slot that comes first in each block by key, NOBODY if none is runnable, or UNKNOWN_SLOT
    group_first: Ints  # the same for each BLOCK blocks
    vm_memory: Floats  # (S, NUM_VM_MEMORY): the scheduler's own; no rows where nobody is asked who has one
    run_memory: Floats  # (NUM_RUN_MEMORY,): the same, of length 0 there
    log: Ints  # (L, NUM_LOG_COLUMNS)
    neighbours: Ints  # (C,): running VMs of each class
    pairs: Ints  # (C, C, NUM_PAIR_COLUMNS)


class Runs(NamedTuple):
    """B runs on hosts of one kind, and T workload tables, of which each run plays one. Other fields: as in `State`, for each run."""

    host: Ints
    vms: Ints  # (T, N, NUM_GIVEN_COLUMNS)
    phases: Ints  # (T, P, NUM_PHASE_COLUMNS)
    cost_rates: Floats  # (T, N)
    late_rates: Floats  # (T, N)
    deadlines: Ints  # (T, N, 2)
    contention: Ints  # (T, C, C)
    num_vms: Ints  # (T,): VMs of each table
    table: Ints  # (B,): what each run plays
    outcomes: Ints
    run: Ints
    costs: Floats
    devices: Ints
    front: Ints
    slots: Ints
    lists: Ints
    waiting: NDArray[np.int32]
    keys: Ints
    least_keys: Ints
    block_first: Ints
    group_first: Ints
    vm_memory: Floats
    run_memory: Floats
    log: Ints
    neighbours: Ints
    pairs: Ints


PER_TABLE = ("vms", "phases", "cost_rates", "late_rates", "deadlines", "contention", "num_vms")  # fields of `Runs`, whose first axis is T


@jittable
def one(runs: Runs, r: int) -> State:
    """Returns the view of run `r`."""
    table = unsigned(runs.table[r])
    return State(
        runs.host,
        runs.vms[table],
        runs.phases[table],
        runs.cost_rates[table],
        runs.late_rates[table],
        runs.deadlines[table],
        runs.contention[table],
        runs.outcomes[r],
        runs.run[r],
        runs.costs[r],
        runs.devices[r],
        runs.front[r],
        runs.slots[r],
        runs.lists[r],
        runs.waiting[r],
        runs.keys[r],
        runs.least_keys[r],
        runs.block_first[r],
        runs.group_first[r],
        runs.vm_memory[r],
        runs.run_memory[r],
        runs.log[r],
        runs.neighbours[r],
        runs.pairs[r],
    )


@jittable
def lower_slot(s: State, i: int, j: int) -> bool:
    """The order of the empty slots: a VM takes the lowest."""
    return bool(i < j)


push_free, pop_free = make_heap(c.FREE_HEAP, c.NUM_FREE, lower_slot)


@jittable
def reset(s: State, num_vms: int) -> None:
    """Puts a run before its first event, with the first `num_vms` rows of its workload to come."""
    num_slots = s.slots.shape[0]
    for column in range(c.NUM_RUN_COLUMNS):
        s.run[column] = 0
    s.run[c.NUM_VMS] = num_vms
    s.run[c.NEXT_ARRIVAL_US] = s.vms[0, given.ARRIVAL_US]
    s.run[c.NEXT_DEADLINE_US] = s.deadlines[0, 0]
    s.run[c.POOL_FREE_MIB] = s.host[c.POOL_MIB]
    s.run[c.LEAST_CPU] = c.NEVER
    s.run[c.LEAST_RECENT] = s.run[c.MOST_RECENT] = c.NOBODY
    s.run[c.LAST_TENANT] = s.run[c.OBSERVED_TENANT] = c.NOBODY
    s.run[c.COMMITTED] = c.NOBODY
    s.run[c.OBSERVED_US], s.run[c.OBSERVED_TOP], s.run[c.WAITED_US] = -1, num_slots, -1
    for column in range(c.NUM_COST_COLUMNS):
        s.costs[column] = 0.0
    for k in range(s.run_memory.shape[0]):
        s.run_memory[k] = 0.0
    for i in range(num_slots):
        for column in range(c.NUM_FRONT_COLUMNS):
            s.front[i, column] = 0
        for column in range(c.NUM_SLOT_COLUMNS):
            s.slots[i, column] = 0
        s.slots[i, c.VM] = c.NOBODY
        s.slots[i, c.LAST_END_US] = -1
        s.front[i, c.STALE] = c.STALE_ALL
        s.lists[c.FREE_HEAP, i] = i
    s.run[c.NUM_FREE] = num_slots
    for i in range(s.keys.shape[0]):
        s.waiting[c.CPU, i] = c.NOT_WAITING
        s.keys[i] = c.NO_KEY
    for block in range(s.least_keys.shape[0]):
        s.least_keys[block], s.block_first[block] = c.NO_KEY, c.UNKNOWN_SLOT
    for group in range(s.group_first.shape[0]):
        s.group_first[group] = c.UNKNOWN_SLOT
    for device in range(s.devices.shape[0]):
        s.devices[device, c.FREE] = s.devices[device, c.CAPACITY]
        for column in range(c.MAPPED, c.NUM_DEVICE_COLUMNS):
            s.devices[device, column] = 0
    for a in range(s.neighbours.shape[0]):
        s.neighbours[a] = 0
        for b in range(s.neighbours.shape[0]):
            s.pairs[a, b, c.PAIR_US] = s.pairs[a, b, c.PAIR_PROGRESS] = 0
    for vm in range(num_vms):
        for column in range(c.NUM_OUTCOME_COLUMNS):
            s.outcomes[vm, column] = 0
        s.outcomes[vm, outcome.COMPLETION_US] = -1
        s.outcomes[vm, outcome.ADMISSION_US] = -1


@jittable
def fold(s: State, event: int, number: int) -> None:
    """Takes an event into the run's digest: two multiplicative hashes modulo primes, which never leave 63 bits."""
    value = s.run[c.CLOCK_US] + (number * 8 + event) * 1_000_003
    s.run[c.DIGEST_A] = (s.run[c.DIGEST_A] * 1_103_515_245 + value + 1) % 2_147_483_647
    s.run[c.DIGEST_B] = (s.run[c.DIGEST_B] * 1_664_525_017 + value + 7) % 2_147_483_629


def allocate(
    host: Host,
    *,
    num_runs: int,
    num_slots: int,
    num_vms: int,
    num_phases: int,
    num_tables: int | None = None,
    num_classes: int = 0,
    horizon_us: int | None = None,
    log_length: int = 0,
    unlimited_slots: bool = False,
    remembers: bool = True,
    commits: bool = False,
    reserves: bool = False,
) -> Runs:
    """Returns the arrays for `num_runs` runs on `host`; `load` and `reset` make them ready.

    Args:
        host: The host that all runs are on.
        num_runs: Size of the batch.
        num_slots: VMs that can be present in a run.
        num_vms: VMs that a workload may have at the most.
        num_phases: Phases that a workload may have at the most, over all its VMs.
        num_tables: Workloads that are kept; None: one a run.
        num_classes: Classes of VMs that contend; 0: nobody does.
        horizon_us: Where every run is cut; None: never.
        log_length: Grants that the log of a run keeps.
        unlimited_slots: Whether a run stops with NEEDS_SLOTS when its slots do not suffice.
        remembers: Whether there is a memory for schedulers; without, a run of 16 slots takes a third less, until `with_memory`.
        commits: Whether who decides from outside commits the host to its picks (`vmenv.host.dynamics.commit_to`).
        reserves: Whether picks that are held have reservations (`vmenv.host.reserving`).

    Raises:
        SpecError: The host pre-empts, and is to commit; or it reserves and does not commit.
    """
    check_commits(host.preempt, commits, reserves)
    numbers = np.zeros(c.NUM_HOST_COLUMNS, np.int64)
    numbers[c.MEMORY_MIB] = host.memory_mib
    numbers[c.NUM_DISKS] = len(host.disks)
    numbers[c.QUANTUM_US] = host.quantum_us
    numbers[c.SWITCH_US] = host.switch_us
    numbers[c.RELOAD_US] = host.reload_us
    numbers[c.SWAP_KIB_S] = host.swap_kib_s or 0
    numbers[c.PREEMPT] = PREEMPT_MODES.index(host.preempt)
    numbers[c.POOL_MIB] = host.pool_mib
    numbers[c.HORIZON_US] = c.NEVER if horizon_us is None else horizon_us
    numbers[c.UNLIMITED_SLOTS] = unlimited_slots
    numbers[c.MAPPING] = MAPPINGS.index(host.mapping)
    numbers[c.EXIT_NS_PER_KIB] = host.exit_ns_per_kib
    numbers[c.COMPRESS_KIB_S] = host.compress_kib_s
    numbers[c.SNAPSHOTS_KEPT] = host.snapshots_kept
    numbers[c.MOST_DOWN_US] = host.most_down_us
    numbers[c.RESUME_US] = host.resume_us
    numbers[c.THIN] = PROVISIONING.index(host.provisioning)
    numbers[c.RESCUE_US] = host.rescue_us
    numbers[c.COMMITS] = commits
    numbers[c.RESERVES] = reserves

    num_tables = num_runs if num_tables is None else num_tables
    num_blocks = -(-num_slots // c.BLOCK)
    devices = np.zeros((num_runs, len(host.capacities), c.NUM_DEVICE_COLUMNS), np.int64)
    devices[:, :, c.CAPACITY] = host.capacities
    return Runs(
        host=numbers,
        vms=np.zeros((num_tables, num_vms, c.NUM_GIVEN_COLUMNS), np.int64),
        phases=np.zeros((num_tables, num_phases, c.NUM_PHASE_COLUMNS), np.int64),
        cost_rates=np.zeros((num_tables, num_vms), np.float64),
        late_rates=np.zeros((num_tables, num_vms), np.float64),
        deadlines=np.full((num_tables, num_vms, 2), c.NEVER, np.int64),
        contention=np.zeros((num_tables, num_classes, num_classes), np.int64),
        num_vms=np.zeros(num_tables, np.int64),
        table=np.arange(num_runs) % num_tables,
        outcomes=np.zeros((num_runs, num_vms, c.NUM_OUTCOME_COLUMNS), np.int64),
        run=_on_cache_lines((num_runs, c.NUM_RUN_COLUMNS)),
        costs=np.zeros((num_runs, c.NUM_COST_COLUMNS), np.float64),
        devices=devices,
        front=_on_cache_lines((num_runs, num_slots, c.NUM_FRONT_COLUMNS)),
        slots=_on_cache_lines((num_runs, num_slots, c.NUM_SLOT_COLUMNS)),
        lists=np.zeros((num_runs, c.NUM_LISTS, num_slots), np.int64),
        waiting=_on_cache_lines((num_runs, c.NUM_DEMANDS, num_blocks * c.BLOCK // 2)).view(np.int32),
        keys=_on_cache_lines((num_runs, num_blocks * c.BLOCK)),
        least_keys=np.zeros((num_runs, num_blocks), np.int64),
        block_first=np.zeros((num_runs, num_blocks), np.int64),
        group_first=np.zeros((num_runs, -(-num_blocks // c.BLOCK)), np.int64),
        vm_memory=np.zeros((num_runs, num_slots if remembers else 0, c.NUM_VM_MEMORY), np.float64),
        run_memory=np.zeros((num_runs, c.NUM_RUN_MEMORY if remembers else 0), np.float64),
        log=np.zeros((num_runs, log_length, c.NUM_LOG_COLUMNS), np.int64),
        neighbours=np.zeros((num_runs, num_classes), np.int64),
        pairs=np.zeros((num_runs, num_classes, num_classes, c.NUM_PAIR_COLUMNS), np.int64),
    )


def with_memory(runs: Runs) -> Runs:
    """Returns the same runs with room for the memory of a scheduler, which is empty; those that have it are returned as they are."""
    num_runs, num_slots = runs.slots.shape[:2]
    if runs.run_memory.shape[1] > 0:
        return runs
    return runs._replace(vm_memory=np.zeros((num_runs, num_slots, c.NUM_VM_MEMORY)), run_memory=np.zeros((num_runs, c.NUM_RUN_MEMORY)))


def _on_cache_lines(shape: tuple[int, ...]) -> Ints:
    """Returns zeros that begin where a cache line does."""
    size = math.prod(shape)
    buffer = np.zeros(size + c.LINE, np.int64)
    start = -(buffer.ctypes.data // 8) % c.LINE
    return buffer[start : start + size].reshape(shape)


def load(runs: Runs, table: int, vms: Ints, phases: Ints, cost_rates: Floats, late_rates: Floats, contention: Ints) -> None:
    """Copies a workload into a table.

    Args:
        runs: Arrays with room for it.
        table: The table; no run may be playing it.
        vms: (N, NUM_GIVEN_COLUMNS) in order of arrival.
        phases: (P, NUM_PHASE_COLUMNS); FIRST_PHASE and PAST_PHASE of `vms` count in it.
        cost_rates: (N,) c_i of the VMs.
        late_rates: (N,) d_i of the VMs.
        contention: (c, c) what classes lose to one another; classes that it does not have lose nothing.
    """
    num_vms = len(vms)
    runs.deadlines[table] = c.NEVER
    if late_rates.any():
        late = np.flatnonzero(late_rates)
        deadline = vms[late, given.ARRIVAL_US] + vms[late, given.SLO_US]
        soonest = np.argsort(deadline, kind="stable")
        runs.deadlines[table, : len(late), 0], runs.deadlines[table, : len(late), 1] = deadline[soonest], late[soonest]
    runs.contention[table] = 0
    runs.contention[table, : len(contention), : len(contention)] = contention
    runs.late_rates[table, :num_vms] = late_rates
    runs.vms[table, :num_vms] = vms
    runs.phases[table, : len(phases)] = phases
    runs.cost_rates[table, :num_vms] = cost_rates
    runs.num_vms[table] = num_vms
