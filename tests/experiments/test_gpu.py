"""The core runs as a GPU kernel, a thread a run: nothing in it allocates, or needs more than numba's CUDA target knows.

This is numba's CUDA simulator, so that it says that the functions work a thread a run, and not how fast a GPU is;
`python -m experiments.gpu` does that where there is one.
"""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import numpy as np
from experiments.gpu.kernels import launch, rollout_kernel, turn_kernel
from vmenv.episodes.exchange import BEGIN, PASS, allocate_exchange
from vmenv.dispatch.batch import turn
from vmenv.dispatch.loop.engine import INTERPRETED, stack_params
from vmenv.host.state import one
from vmenv.dispatch.objective import cost_rates
from vmenv.dispatch.observation import allocate_observations
from vmenv.dispatch.packing import pack
from vmenv.dispatch.run import Run
from vmenv.episodes.kinds import KINDS
from vmenv.episodes.policy import find_policy
from vmenv.episodes.scenario import make_scenario

NUM_RUNS, NUM_SLOTS = 3, 4
scenario = make_scenario("thrash", num_vms=6, num_slots=NUM_SLOTS)
host, works = scenario.build_host(), [scenario.episode(seed) for seed in range(NUM_RUNS)]
rates = [cost_rates(scenario.objective, host, work) for work in works]


def loaded():
    return pack(host, works, rates, num_slots=NUM_SLOTS, horizon_us=None)


def digests(runs):
    return [Run.read(one(runs, r), host, works[r]).digest() for r in range(NUM_RUNS)]


def step_through(take_turn):
    runs, io, out = loaded(), allocate_exchange(NUM_RUNS), allocate_observations(host, NUM_RUNS, NUM_SLOTS)
    io.scales[:] = 1.0
    io.commands[:] = BEGIN
    take_turn(runs, io, out)
    seen = []
    while (io.phase == 0).any():
        io.commands[:] = np.where(io.phase == 0, out.action_mask.argmax(axis=1), PASS)
        take_turn(runs, io, out)
        seen.append([out.vms.sum(), out.host.sum(), io.rewards.sum()])
    return digests(runs), seen


for name in ("srpt", "thrash-index"):
    policy = find_policy(name, KINDS["dispatch"])
    params, on_device, expected = stack_params(policy, [0] * NUM_RUNS), loaded(), loaded()
    launch(rollout_kernel(policy), NUM_RUNS, on_device, params)
    INTERPRETED.play(expected, policy, params)
    assert digests(on_device) == digests(expected)
assert step_through(lambda *batch: launch(turn_kernel(), NUM_RUNS, *batch, 1e6)) == step_through(
    lambda *batch: turn(*batch, 1e6, 0, NUM_RUNS)
)
print("equal")
"""


def test_a_thread_a_run_on_the_cuda_simulator() -> None:
    environment = os.environ | {"NUMBA_ENABLE_CUDASIM": "1"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "equal", done.stderr


def test_a_machine_without_a_gpu_is_told_so() -> None:
    environment = os.environ | {"NUMBA_DISABLE_CUDA": "1"}
    done = subprocess.run([sys.executable, "-m", "experiments.gpu"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no GPU is at hand" in done.stderr
    assert "Traceback" not in done.stderr
