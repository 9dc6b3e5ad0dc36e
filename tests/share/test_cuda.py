"""The share model runs as a GPU kernel, a thread a run, on numba's CUDA simulator; tests/experiments/test_gpu.py checks dispatch so."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import numpy as np
from numba import cuda
from vmenv.episodes.exchange import BEGIN, PASS, Exchange, allocate_exchange
from vmenv.share.batch import STEP, turn
from vmenv.share.episodes import ShareEpisodes
from vmenv.share.observation import Observations
from vmenv.share.run import ShareRun
from vmenv.episodes.scenario import make_scenario
from vmenv.share.state import Runs, one

NUM_RUNS = 3
R, E = len(Runs._fields), len(Exchange._fields)


@cuda.jit
def take_turn(*arrays):
    r = cuda.grid(1)
    if r < NUM_RUNS:
        turn(Runs(*arrays[:R]), Exchange(*arrays[R : R + E]), Observations(*arrays[R + E :]), r, r + 1)


def play(spare, one_turn):
    scenario = make_scenario("share_spells", num_vms=3, num_slots=4, cpus=4, num_samples=3, spare=spare)
    episodes = ShareEpisodes(scenario, NUM_RUNS, interpreted=True)
    episodes.restart(range(NUM_RUNS), range(NUM_RUNS))
    io, seen = allocate_exchange(NUM_RUNS), []
    io.commands[:] = BEGIN
    one_turn(episodes.runs, io, episodes.observations)
    rng = np.random.default_rng(0)
    while (io.phase == 0).any():
        episodes.runs.weights[:] = rng.integers(1, 100, episodes.runs.weights.shape)
        io.commands[:] = np.where(io.phase == 0, STEP, PASS)
        one_turn(episodes.runs, io, episodes.observations)
        seen.append([episodes.observations.vms.sum(), episodes.observations.host.sum(), io.rewards.sum()])
    return [ShareRun.read(one(episodes.runs, r), episodes.host).digest() for r in range(NUM_RUNS)], seen


for spare in ("idle", "shared"):
    on_device = play(spare, lambda *state: take_turn[2, 2](*[array for part in state for array in part]))
    assert on_device == play(spare, lambda runs, io, out: turn(runs, io, out, 0, NUM_RUNS))
print("equal")
"""


def test_a_thread_a_run_on_the_cuda_simulator() -> None:
    environment = os.environ | {"NUMBA_ENABLE_CUDASIM": "1"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "equal", done.stderr
