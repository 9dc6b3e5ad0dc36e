"""Formulas as key and update of a scheduler: what a VM is worth, and what waiting is worth.

Parameters, in order: tau, whether it learns from the run, whether it looks around, instructions of the program for VMs and of that for
waiting; then the programs, MOST_INSTRUCTIONS pairs each. All formulas have as many, so that candidates of any shape play side by side.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vmenv.dispatch.formula.machine import carry_out
from vmenv.dispatch.formula.program import MOST_INSTRUCTIONS
from vmenv.dispatch.index.features import write_host_features, write_vm_features
from vmenv.dispatch.index.places import HOST_VALUES, VALUES, WAIT
from vmenv.dispatch.loop.experience import learn
from vmenv.dispatch.loop.view import view_host
from vmenv.host.state import Floats, State
from vmenv.jit import jittable, pinned

TAU, LEARNS, AROUND, LENGTH, WAIT_LENGTH, HEADER = range(6)
OF_WAIT = HEADER + 2 * MOST_INSTRUCTIONS
NUM_PARAMS = OF_WAIT + 2 * MOST_INSTRUCTIONS


@jittable
def look_at_host(s: State, params: Floats) -> None:
    """Writes the features of the host, and what waiting is worth. The `update` of the scheduler."""
    memory = s.run_memory
    if params[LEARNS] == 1.0:
        learn(s)
    host = pinned(view_host(s))
    write_host_features(host, params[TAU], params[AROUND] == 1.0, memory[HOST_VALUES:])
    length = int(params[WAIT_LENGTH])
    memory[WAIT] = carry_out(params[OF_WAIT:], length, memory) if length > 0 and host.can_wait else -np.inf


@jittable
def worth(vm: Any, host: Any, params: Floats) -> Any:
    """Returns what a VM is worth, after `look_at_host` at the same decision."""
    write_vm_features(vm, host, params[TAU], params[LEARNS] == 1.0, host.run_memory[VALUES:])
    return carry_out(params[HEADER:], int(params[LENGTH]), host.run_memory)
