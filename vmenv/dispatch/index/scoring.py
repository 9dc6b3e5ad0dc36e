"""The scoring network, as key and update of a scheduler: one small network for all VMs, so neither their order nor their number matters.

The score of a VM with features f on a host with features h is

    u.f + v.g(W f + U h + b),    g(x) = x / (1 + |x|)

and that of waiting is u'.h + v'.g(U h + b) + b'. The VM with the highest score among those that fit is granted; none is, if waiting scores
higher than all of them and leads somewhere. g needs no function of the C library: results are the same to the last bit everywhere.

A formula may stand under the network, which then says by how much a VM, or waiting, is worth more or less than the formula says.

Parameters, in order: tau, whether it learns from the run, whether it looks around, hidden units H (a multiple of 4), number of features
of VMs and of the host, instructions of the formula for VMs and for waiting; the numbers of the features of VMs and of the host; then the
weights: u; W in blocks of 4 hidden units, in each block 4 numbers for every feature; v; u'; U as W; b; v'; b'; at last the programs of the
formula if there is one, MOST_INSTRUCTIONS pairs each. The blocks of 4 are what `vmenv.jit.simd` computes at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vmenv.dispatch.formula.machine import carry_out
from vmenv.dispatch.formula.program import MOST_INSTRUCTIONS
from vmenv.dispatch.index.features import write_host_features, write_vm_features
from vmenv.dispatch.index.places import CONTEXT, HOST_VALUES, USED, VALUES, WAIT
from vmenv.dispatch.loop.experience import learn
from vmenv.dispatch.loop.view import view_host
from vmenv.host.state import Floats, State
from vmenv.jit import jittable, pinned, unsigned
from vmenv.jit.simd import FOUR, four, put_four, sum_of

TAU, LEARNS, AROUND, NUM_HIDDEN, NUM_USED, NUM_USED_HOST, BASE_LENGTH, BASE_WAIT_LENGTH, HEADER = range(9)


def num_weights(used: int, used_host: int, hidden: int) -> int:
    """Returns how many weights a network has that looks at `used` features of VMs and `used_host` of the host, with `hidden` units."""
    return (used + used_host) * (1 + hidden) + 3 * hidden + 1


@jittable
def bounded(x: Any) -> Any:
    """Returns x / (1 + |x|)."""
    return x / (1.0 + abs(x))


@jittable
def look_at_host(s: State, params: Floats) -> None:
    """Computes what the scores of all VMs have in common, and the score of waiting. The `update` of the scheduler."""
    hidden, used, used_host = int(params[NUM_HIDDEN]), int(params[NUM_USED]), int(params[NUM_USED_HOST])
    memory = s.run_memory
    if params[LEARNS] == 1.0:
        learn(s)
    host = pinned(view_host(s))
    write_host_features(host, params[TAU], params[AROUND] == 1.0, memory[HOST_VALUES:])
    linear = HEADER + used + used_host + used * (1 + hidden) + hidden
    row = linear + used_host
    bias = row + used_host * hidden
    wait = params[bias + 2 * hidden]
    names, values, seen = params[HEADER + used :], memory[HOST_VALUES:], memory[USED:]
    for g in range(used_host):
        seen[g] = values[unsigned(int(names[g]))]
        wait += params[linear + g] * seen[g]
    for k in range(0, hidden, FOUR):
        x = four(params, bias + k)
        for g in range(used_host):
            x = x + four(params, row) * seen[g]
            row += FOUR
        put_four(memory, CONTEXT + k, x)
        wait += sum_of(four(params, bias + hidden + k) * bounded(x))
    length = int(params[BASE_WAIT_LENGTH])
    if length > 0:
        wait += carry_out(params[bias + 2 * hidden + 1 + 2 * MOST_INSTRUCTIONS :], length, memory)
    memory[WAIT] = wait if host.can_wait else -np.inf


@jittable
def score(vm: Any, host: Any, params: Floats) -> float:
    """Returns the score of a VM, after `look_at_host` at the same decision."""
    hidden, used = int(params[NUM_HIDDEN]), int(params[NUM_USED])
    memory = host.run_memory
    write_vm_features(vm, host, params[TAU], params[LEARNS] == 1.0, memory[VALUES:])
    linear = HEADER + used + int(params[NUM_USED_HOST])
    row, out = linear + used, linear + used * (1 + hidden)
    names, values, seen = params[HEADER:], memory[VALUES:], memory[USED:]
    total = 0.0
    for j in range(used):
        seen[j] = values[unsigned(int(names[j]))]
        total += params[linear + j] * seen[j]
    k, block = 0, FOUR * used
    while k + 2 * FOUR < hidden:  # three blocks at a time: each sum waits for the last one of its own block
        x, y, z = four(memory, CONTEXT + k), four(memory, CONTEXT + k + FOUR), four(memory, CONTEXT + k + 2 * FOUR)
        for j in range(used):
            x = x + four(params, row) * seen[j]
            y = y + four(params, row + block) * seen[j]
            z = z + four(params, row + 2 * block) * seen[j]
            row += FOUR
        total += sum_of(four(params, out + k) * bounded(x))
        total += sum_of(four(params, out + k + FOUR) * bounded(y))
        total += sum_of(four(params, out + k + 2 * FOUR) * bounded(z))
        row, k = row + 2 * block, k + 3 * FOUR
    while k < hidden:
        x = four(memory, CONTEXT + k)
        for j in range(used):
            x = x + four(params, row) * seen[j]
            row += FOUR
        total += sum_of(four(params, out + k) * bounded(x))
        k += FOUR
    length = int(params[BASE_LENGTH])
    if length > 0:
        behind = out + hidden + int(params[NUM_USED_HOST]) * (1 + hidden) + 2 * hidden + 1
        total += carry_out(params[behind:], length, memory)
    return float(total)
