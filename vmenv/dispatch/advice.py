"""What a scheduler would decide where somebody else decides: a teacher for learners, and a yardstick beside them."""

from __future__ import annotations

import numpy as np

from vmenv.dispatch.loop.engine import engine, stack_params
from vmenv.dispatch.loop.rollout import keep_no_memory
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler, rule_of
from vmenv.errors import SpecError
from vmenv.host.state import Floats, Ints, Runs


class Adviser:
    """Asks schedulers about the runs of a batch.

    A scheduler with a memory (a scheduler that writes an `update`) keeps it in the runs, where there is room for one: the first that is
    asked has it. Its memory is what it would be if it had been asked at every decision of the episode only if it was.

    Args:
        interpreted: Whether schedulers run as plain Python.
        teaches: Whether what the run teaches about sizes is kept there too.

    Attributes:
        remembers: The scheduler whose memory the runs keep.
    """

    def __init__(self, interpreted: bool, teaches: bool) -> None:
        self._interpreted, self._teaches = interpreted, teaches
        self.remembers: Scheduler | None = None
        self._asked: Scheduler | None = None
        self._params: Floats = np.zeros((0, 0))
        self._seeds: Ints = np.zeros(0, np.int64)

    def ask(self, runs: Runs, scheduler: Scheduler, seeds: Ints, going: np.ndarray) -> Ints:
        """Returns (B,) slots, or the number of slots for "wait"; 0 where no episode goes on.

        Args:
            runs: The runs.
            scheduler: Who is asked.
            seeds: (B,) of the episodes, from which a scheduler with randomness draws.
            going: (B,) whether the episode goes on.

        Raises:
            SpecError: The runs keep the memory of another scheduler.
        """
        self._check_memory(scheduler)
        if self._asked != scheduler:
            self._asked, self._seeds, self._params = scheduler, seeds.copy(), stack_params(scheduler, seeds.tolist())
        changed = np.flatnonzero(seeds != self._seeds)
        if scheduler.random and changed.size:
            self._params[changed] = stack_params(scheduler, seeds[changed].tolist())
        self._seeds[changed] = seeds[changed]
        picks = np.where(going, 0, -1)
        engine(self._interpreted).ask(runs, scheduler, self._params, picks)
        return np.maximum(picks, 0)

    def _check_memory(self, scheduler: Scheduler) -> None:
        update = rule_of(scheduler)[1]
        if update is keep_no_memory:
            return
        name = SCHEDULERS.name_of(scheduler)
        if self._teaches and scheduler.information == "clairvoyant":
            raise SpecError(f"{name} keeps the true sizes where history=True keeps those seen: ask it on episodes without history")
        if self.remembers not in (None, scheduler):
            raise SpecError(
                f"{name} has a memory, and these episodes keep that of {SCHEDULERS.name_of(self.remembers)}: ask it on episodes of its own"
            )
        self.remembers = scheduler
