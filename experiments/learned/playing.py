"""Costs of policies on episodes, kept beside the runs: a page that is made again plays only what is new."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vmenv.dispatch.scenario import DispatchScenario
from vmenv.dispatch.scheduler import Scheduler
from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.files import write_whole
from vmenv.episodes.schedulers import make_scheduler
from vmenv.host.state import Floats
from vmenv.jit import code_digest


class Player:
    """Plays policies, or knows what they cost.

    Args:
        folder: Where costs are kept; None: nowhere.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder, self._code = folder, code_digest()

    def costs(self, policy: Any, scenario: DispatchScenario, seeds: Sequence[int], card: str = "") -> Floats:
        """Returns (E,) the objective on each episode.

        Args:
            policy: The policy; a name of a scheduler is that with its defaults.
            scenario: What is played.
            seeds: Of the episodes.
            card: What tells the policy from others, if it is no scheduler, whose parameters do.
        """
        policy = make_scheduler(policy) if isinstance(policy, str) else policy
        told = policy.describe() if isinstance(policy, Scheduler) else card

        def play() -> Floats:
            return np.array([row[scenario.objective] for row in evaluate(policy, scenario, seeds)], np.float64)

        return self.kept(play, scenario, seeds, told) if told else play()

    def kept(self, find: Callable[[], Floats], scenario: DispatchScenario, seeds: Sequence[int], told: Any) -> Floats:
        """Returns what was found before for the same scenario, seeds, code and description, or finds it."""
        if self._folder is None:
            return find()
        text = json.dumps([self._code, scenario.describe(), list(seeds), told], default=str)
        file = self._folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.npy"
        if file.exists():
            return np.asarray(np.load(file, allow_pickle=False), np.float64)
        found, content = find(), io.BytesIO()
        np.save(content, found, allow_pickle=False)
        write_whole(file, content.getvalue())
        return found
