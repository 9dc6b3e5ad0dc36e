"""The core runs as a GPU kernel, a thread a run: nothing in it allocates, or needs more than numba's CUDA target knows.

This is numba's CUDA simulator, so that it says that the functions work a thread a run on device arrays, and not how fast a GPU is.
"""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import numpy as np
from numba import cuda
from vmenv.batch import BEGIN, PASS, Exchange, allocate_exchange, turn
from vmenv.engine import INTERPRETED, stack_params
from vmenv.host.state import Runs, one
from vmenv.objective import cost_rates
from vmenv.observation import Observations, allocate_observations
from vmenv.packing import pack
from vmenv.run import Run
from vmenv.scenarios.base import make_scenario
from vmenv.schedulers.base import make_scheduler, rule_of
from vmenv.schedulers.loop import make_choose, rollout

NUM_RUNS, NUM_SLOTS = 3, 4
scenario = make_scenario("thrash", num_vms=6, num_slots=NUM_SLOTS)
host, works = scenario.build_host(), [scenario.episode(seed) for seed in range(NUM_RUNS)]
rates = [cost_rates(scenario.objective, host, work) for work in works]
scheduler = make_scheduler("srpt")
params, choose = stack_params(scheduler, [0] * NUM_RUNS), make_choose(*rule_of(scheduler))
R, E = len(Runs._fields), len(Exchange._fields)


def loaded():
    return pack(host, works, rates, num_slots=NUM_SLOTS, horizon_us=None)


def digests(runs):
    return [Run.read(one(runs, r), host, works[r]).digest() for r in range(NUM_RUNS)]


@cuda.jit
def play(*arrays):
    r, runs = cuda.grid(1), Runs(*arrays[:R])
    if r < NUM_RUNS:
        rollout(one(runs, r), runs.num_vms[runs.table[r]], choose, arrays[R][r], True, True)


@cuda.jit
def take_turn(*arrays):
    r = cuda.grid(1)
    if r < NUM_RUNS:
        turn(Runs(*arrays[:R]), Exchange(*arrays[R : R + E]), Observations(*arrays[R + E :]), 1e6, r, r + 1)


def step_through(one_turn):
    runs, io, out = loaded(), allocate_exchange(NUM_RUNS), allocate_observations(host, NUM_RUNS, NUM_SLOTS)
    io.scales[:] = 1.0
    io.commands[:] = BEGIN
    one_turn(runs, io, out)
    seen = []
    while (io.phase == 0).any():
        io.commands[:] = np.where(io.phase == 0, out.action_mask.argmax(axis=1), PASS)
        one_turn(runs, io, out)
        seen.append([out.vms.sum(), out.host.sum(), io.rewards.sum()])
    return digests(runs), seen


on_device, expected = loaded(), loaded()
play[2, 2](*on_device, params)
INTERPRETED.play(expected, scheduler, params)
assert digests(on_device) == digests(expected)
assert step_through(lambda *state: take_turn[2, 2](*[array for part in state for array in part])) == step_through(
    lambda runs, io, out: turn(runs, io, out, 1e6, 0, NUM_RUNS)
)
print("equal")
"""


def test_a_thread_a_run_on_the_cuda_simulator() -> None:
    environment = os.environ | {"NUMBA_ENABLE_CUDASIM": "1"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "equal", done.stderr
