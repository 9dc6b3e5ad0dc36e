"""Batches in the memory of a GPU: the arrays of `vmenv.host.state.Runs` and the buffers around them, shared by numba and torch."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numba import cuda

from vmenv.dispatch.objective import cost_rates
from vmenv.dispatch.observation import Observations, allocate_observations
from vmenv.dispatch.packing import pack
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.episodes.exchange import BEGIN, GOING, Exchange, allocate_exchange
from vmenv.episodes.seeds import FIRST_TRAINING_SEED
from vmenv.host.state import PER_TABLE, Runs, allocate


class Batch(NamedTuple):
    """A batch with its buffers, on the processor or on the GPU."""

    runs: Runs
    io: Exchange
    out: Observations


def make_batch(scenario: DispatchScenario, num_runs: int, num_tables: int) -> Batch:
    """Returns a batch on the processor; run r plays the training episode r modulo `num_tables`, and begins with its first turn."""
    host = scenario.build_host()
    works = [scenario.episode(FIRST_TRAINING_SEED + k) for k in range(num_tables)]
    rates = [cost_rates(scenario.objective, host, work) for work in works]
    tables = pack(host, works, rates, num_slots=scenario.num_slots, horizon_us=scenario.horizon_us)
    num_vms, num_phases = tables.vms.shape[1], tables.phases.shape[1]
    runs = allocate(host, num_runs=num_runs, num_slots=scenario.num_slots, num_vms=num_vms, num_phases=num_phases, num_tables=1)
    runs = runs._replace(**{name: getattr(tables, name) for name in ("host", *PER_TABLE)}, table=np.arange(num_runs) % num_tables)
    io = allocate_exchange(num_runs)
    io.scales[:] = 1.0
    io.commands[:] = BEGIN
    return Batch(runs, io, allocate_observations(host, num_runs, scenario.num_slots))


def to_gpu(arrays: Any) -> Any:
    """Returns the same tuple of arrays, or of tuples of them, with copies in the memory of the GPU: numba's device arrays."""
    return type(arrays)(*map(to_gpu, arrays)) if isinstance(arrays, tuple) else cuda.to_device(arrays)


def as_tensors(arrays: Any) -> Any:
    """Returns torch's view of what `to_gpu` returned: nothing is copied."""
    return type(arrays)(*map(as_tensors, arrays)) if isinstance(arrays, tuple) else torch.as_tensor(arrays, device="cuda")


class Beginner:
    """Lets runs that are over begin the episode that their table says next.

    Args:
        runs: Torch's view of the batch.
        io: The same of its exchange.
        num_tables: Episodes that there are.
    """

    def __init__(self, runs: Any, io: Any, num_tables: int) -> None:
        self._table, self._io, self._num_tables = runs.table, io, num_tables
        self._begin = torch.full_like(io.commands, BEGIN)

    def command(self, actions: torch.Tensor) -> torch.Tensor:
        """Writes the commands of the next turn; returns (B,) which of them are decisions."""
        going = self._io.phase == GOING
        torch.where(going, self._table, (self._table + len(self._table)) % self._num_tables, out=self._table)
        torch.where(going, actions, self._begin, out=self._io.commands)
        return going
