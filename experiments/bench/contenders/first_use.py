"""vmenv: what a user waits for before the first decision."""

from __future__ import annotations

import os
import statistics
import tempfile

from experiments.bench.contender import CONTENDERS, Contender, Sample
from experiments.bench.programs import output_of

IMPORTS = 9
IMPORT = """
import time, gymnasium
start = time.perf_counter()
import vmenv
print(time.perf_counter() - start)
"""
FIRST_STEP = """
import time
start = time.perf_counter()
import gymnasium, vmenv
env = gymnasium.make("vmenv/Thrash-v0", num_slots=16)
seen, _ = env.reset(seed=0)
env.step(int(seen["action_mask"].argmax()))
print(time.perf_counter() - start)
"""
FIRST_BATCH_STEP = """
import time
start = time.perf_counter()
import gymnasium, vmenv
envs = gymnasium.make_vec("vmenv/Thrash-v0", num_envs=16, num_slots=16)
seen, _ = envs.reset(seed=0)
envs.step(seen["action_mask"].argmax(axis=1))
print(time.perf_counter() - start)
"""


class FirstUse(Contender):
    """The clock of a process of its own.

    Args:
        program: Prints seconds.
        times: How often it is run; the median counts.
        title: See `Contender`.
        about: See `Contender`.
    """

    ours = True
    once = True

    def __init__(self, program: str, times: int, title: str, about: str) -> None:
        self.title, self.about, self._program, self._times = title, about, program, times

    def set_up(self) -> None:
        """Nothing is ready beforehand: that is what is measured."""

    def run(self, seconds: float) -> Sample:
        """Runs the program, with an empty cache each time."""
        return Sample(1, statistics.median(self._seconds() for _ in range(self._times)))

    def _seconds(self) -> float:
        with tempfile.TemporaryDirectory() as cache:
            environment = os.environ | {"VMENV_CACHE_DIR": cache}
            return float(output_of(self._program, environment=environment))


_imports = f"gymnasium being there already; the median of {IMPORTS} processes"
_step = (
    "imports and one step of thrash, 16 slots, in a new process with an empty cache: of one environment as plain Python, until another "
    "process has compiled what it needs"
)
_batch = "the same of make_vec with 16 environments, which waits for the compiler; later processes find the compiled code"
CONTENDERS.register("import")(FirstUse(IMPORT, IMPORTS, "import vmenv", _imports))
CONTENDERS.register("first-step")(FirstUse(FIRST_STEP, 1, "First step of an environment, nothing compiled yet", _step))
CONTENDERS.register("first-batch-step")(FirstUse(FIRST_BATCH_STEP, 1, "First step of a batch, nothing compiled yet", _batch))
