"""The scoring network, as key and update of a scheduler: one small network for all VMs, so neither their order nor their number matters.

The score of a VM with features f on a host with features h is

    u.f + v.g(W f + U h + b),    g(x) = x / (1 + |x|)

and that of waiting is u'.h + v'.g(U h + b) + b'. The VM with the highest score among those that fit is granted; none is, if waiting scores
higher than all of them and leads somewhere. g needs no function of the C library: results are the same to the last bit everywhere.

Parameters, in order: tau, whether it learns from the run, whether it looks at tenants, hidden units H (a multiple of 4), number of features
of VMs and of the host, the numbers of those and of these; then the weights: u; W in blocks of 4 hidden units, in each block 4 numbers for
every feature; v; u'; U as W; b; v'; b'. The blocks of 4 are what vector instructions take at a time.
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

MAX_HIDDEN, BLOCK = 32, 4
ONE, TWO, THREE, FOUR = (np.uint64(k) for k in range(1, 5))  # an unsigned index is not tested for being negative: a fifth of the time
TAU, LEARNS, TENANTS, NUM_HIDDEN, NUM_USED, NUM_USED_HOST, HEADER = range(7)
# In the memory of the run: the score of waiting, free memory, hidden units before a VM is looked at, features, those in use.
WAIT, FREE_MIB, CONTEXT = range(3)
FEATURES = CONTEXT + MAX_HIDDEN
MOST_FEATURES = max(len(VM_FEATURES), len(HOST_FEATURES))
USED = FEATURES + MOST_FEATURES
assert USED + MOST_FEATURES <= NUM_SEEN  # behind stands what is learned in the run


def num_weights(used: int, used_host: int, hidden: int) -> int:
    """Returns how many weights a network has that looks at `used` features of VMs and `used_host` of the host, with `hidden` units."""
    return (used + used_host) * (1 + hidden) + 3 * hidden + 1


@jittable
def bounded(x: float) -> float:
    """Returns x / (1 + |x|)."""
    return x / (1.0 + abs(x))


@jittable
def look_at_host(s: State, params: Floats) -> None:
    """Computes what the scores of all VMs have in common, and the score of waiting. The `update` of the scheduler."""
    hidden, used, used_host = int(params[NUM_HIDDEN]), int(params[NUM_USED]), int(params[NUM_USED_HOST])
    memory = s.run_memory
    if params[LEARNS] == 1.0:
        learn(s)
    write_host_features(s, params[TAU], params[TENANTS] == 1.0, memory[FEATURES:])
    memory[FREE_MIB] = s.host[c.MEMORY_MIB] - s.run[c.MEMORY_RESIDENT_MIB]
    linear = HEADER + used + used_host + used * (1 + hidden) + hidden
    row = linear + used_host
    bias = row + used_host * hidden
    wait = params[bias + 2 * hidden]
    for g in range(used_host):
        memory[USED + g] = memory[FEATURES + int(params[HEADER + used + g])]
        wait += params[linear + g] * memory[USED + g]
    for k in range(0, hidden, BLOCK):
        x0, x1, x2, x3 = params[bias + k], params[bias + k + 1], params[bias + k + 2], params[bias + k + 3]
        for g in range(used_host):
            feature = memory[USED + g]
            x0 += params[row] * feature
            x1 += params[row + 1] * feature
            x2 += params[row + 2] * feature
            x3 += params[row + 3] * feature
            row += BLOCK
        memory[CONTEXT + k], memory[CONTEXT + k + 1], memory[CONTEXT + k + 2], memory[CONTEXT + k + 3] = x0, x1, x2, x3
        out = bias + hidden + k
        wait += params[out] * bounded(x0) + params[out + 1] * bounded(x1) + params[out + 2] * bounded(x2) + params[out + 3] * bounded(x3)
    memory[WAIT] = wait if can_wait(s) else -np.inf


@jittable
def score(vm: Any, host: Any, params: Floats) -> float:
    """Returns the score of a VM, after `look_at_host` at the same decision."""
    hidden, used = int(params[NUM_HIDDEN]), int(params[NUM_USED])
    memory = host.run_memory
    write_vm_features(vm, host, int(memory[FREE_MIB]), params[TAU], params[LEARNS] == 1.0, memory[FEATURES:])
    linear = HEADER + used + int(params[NUM_USED_HOST])
    row, out = np.uint64(linear + used), linear + used * (1 + hidden)
    total = 0.0
    for j in range(used):
        feature = memory[FEATURES + int(params[HEADER + j])]
        memory[USED + j] = feature
        total += params[linear + j] * feature
    for k in range(0, hidden, BLOCK):
        x0, x1, x2, x3 = memory[CONTEXT + k], memory[CONTEXT + k + 1], memory[CONTEXT + k + 2], memory[CONTEXT + k + 3]
        for j in range(used):
            feature = memory[USED + j]
            x0 += params[row] * feature
            x1 += params[row + ONE] * feature
            x2 += params[row + TWO] * feature
            x3 += params[row + THREE] * feature
            row += FOUR
        total += params[out] * bounded(x0) + params[out + 1] * bounded(x1) + params[out + 2] * bounded(x2) + params[out + 3] * bounded(x3)
        out += BLOCK
    return total
