"""vmenv: what a learner gets in the first ten seconds, in which the training episodes are drawn for the first time."""

from __future__ import annotations

from experiments.bench.contender import CONTENDERS, Contender, Sample
from experiments.bench.programs import output_of

SECONDS = 10.0
PROGRAM = """
import gymnasium, sys, time, vmenv
envs = gymnasium.make_vec("vmenv/Thrash-v0", num_envs=1024, num_slots=16)
observation, _ = envs.reset(seed=0)
observation, *_ = envs.step(observation["action_mask"].argmax(axis=1))
spent = count = 0
while spent < float(sys.argv[1]):
    actions = observation["action_mask"].argmax(axis=1)
    begun = time.perf_counter()
    observation, _, terminated, truncated, _ = envs.step(actions)
    spent += time.perf_counter() - begun
    count += 1024 - int((terminated | truncated).sum())
print(count, spent)
"""


class FirstSeconds(Contender):
    """`make_vec` with default settings in a new process, from the second step on, for ten seconds."""

    title = f"vmenv, make_vec(1024).step, the first {SECONDS:.0f} s"
    about = (
        "a new process each round, compiled code being there: make_vec with default settings, which keeps training episodes once it has "
        "drawn them, and draws in Python until drawing is compiled; the first legal action, chosen with the clock stopped"
    )
    ours = True
    yardsticks = ("vector-step",)

    def set_up(self) -> None:
        """Has everything compiled and kept."""
        self.play(0.2)

    def run(self, seconds: float) -> Sample:
        """Takes as long as it takes."""
        return self.play(SECONDS)

    def play(self, seconds: float) -> Sample:
        """Plays the first so many seconds."""
        count, spent = output_of(PROGRAM, str(seconds)).split()
        return Sample(int(count), float(spent))


CONTENDERS.register("first-seconds")(FirstSeconds())
