"""The scoring network, as key and update of a scheduler: one small network for all VMs, so neither their order nor their number matters.

The score of a VM with features f on a host with features h is

    u.f + v.g(W f + U h + b),    g(x) = x / (1 + |x|)

and that of waiting is u'.h + v'.g(U h + b) + b'. The VM with the highest score among those that fit is granted; none is, if waiting scores
higher than all of them and leads somewhere. g needs no function of the C library: results are the same to the last bit everywhere.

Parameters, in order: tau, whether it learns from the run, hidden units H, features in use F, their F numbers, then the weights: for each
feature in use its entry of u and its H of W; v; for each of the host's features its entry of u' and its H of U; b; v'; b'.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vmenv.host import columns as c
from vmenv.host.dynamics import can_wait
from vmenv.host.state import Floats, State
from vmenv.index.features import HOST_FEATURES, VM_FEATURES, write_host_features, write_vm_features
from vmenv.jit import jittable
from vmenv.schedulers.experience import NUM_SEEN, learn

MAX_HIDDEN = 32
TAU, LEARNS, NUM_HIDDEN, NUM_USED, HEADER = range(5)
NUM_HOST = len(HOST_FEATURES)
# In the memory of the run: the score of waiting, free memory, hidden units before a VM is looked at and with it, features.
WAIT, FREE_MIB, CONTEXT = range(3)
UNITS = CONTEXT + MAX_HIDDEN
FEATURES = UNITS + MAX_HIDDEN
assert FEATURES + max(len(VM_FEATURES), NUM_HOST) <= NUM_SEEN  # behind stands what is learned in the run


def num_weights(used: int, hidden: int) -> int:
    """Returns how many weights a network with `used` features of VMs and `hidden` units has."""
    return used * (1 + hidden) + hidden + NUM_HOST * (1 + hidden) + 2 * hidden + 1


@jittable
def bounded(x: float) -> float:
    """Returns x / (1 + |x|)."""
    return x / (1.0 + abs(x))


@jittable
def look_at_host(s: State, params: Floats) -> None:
    """Computes what the scores of all VMs have in common, and the score of waiting. The `update` of the scheduler."""
    hidden, used = int(params[NUM_HIDDEN]), int(params[NUM_USED])
    memory = s.run_memory
    if params[LEARNS] == 1.0:
        learn(s)
    write_host_features(s, memory[FEATURES:])
    memory[FREE_MIB] = s.host[c.MEMORY_MIB] - s.run[c.MEMORY_RESIDENT_MIB]
    first = HEADER + used + used * (1 + hidden) + hidden
    after = first + NUM_HOST * (1 + hidden)
    wait = params[after + 2 * hidden]
    for k in range(hidden):
        memory[CONTEXT + k] = params[after + k]
    for g in range(NUM_HOST):
        feature, row = memory[FEATURES + g], first + g * (1 + hidden)
        wait += params[row] * feature
        for k in range(hidden):
            memory[CONTEXT + k] += params[row + 1 + k] * feature
    for k in range(hidden):
        wait += params[after + hidden + k] * bounded(memory[CONTEXT + k])
    memory[WAIT] = wait if can_wait(s) else -np.inf


@jittable
def score(vm: Any, host: Any, params: Floats) -> float:
    """Returns the score of a VM, after `look_at_host` at the same decision."""
    hidden, used = int(params[NUM_HIDDEN]), int(params[NUM_USED])
    memory = host.run_memory
    write_vm_features(vm, host, int(memory[FREE_MIB]), params[TAU], params[LEARNS] == 1.0, memory[FEATURES:])
    for k in range(hidden):
        memory[UNITS + k] = memory[CONTEXT + k]
    total, row = 0.0, HEADER + used
    for j in range(used):
        feature = memory[FEATURES + int(params[HEADER + j])]
        total += params[row] * feature
        for k in range(hidden):
            memory[UNITS + k] += params[row + 1 + k] * feature
        row += 1 + hidden
    for k in range(hidden):
        total += params[row + k] * bounded(memory[UNITS + k])
    return total
