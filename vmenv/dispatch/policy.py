"""What a learned policy is, and how it is played."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from vmenv.dispatch.episodes import Episodes
from vmenv.dispatch.run import Run
from vmenv.dispatch.scenario import Scenario

Observation = dict[str, NDArray[Any]]


@runtime_checkable
class Policy(Protocol):
    """A learned policy: anything that turns a batch of observations into actions."""

    clairvoyant: bool

    def actions(self, observation: Observation) -> NDArray[np.int64]:
        """Returns (B,) actions for a batch of B observations, legal by `observation["action_mask"]`."""
        ...


def play(policy: Policy, scenario: Scenario, seeds: list[int], *, log_length: int = 0, interpreted: bool = False) -> list[Run]:
    """Returns the runs of a learned policy on the episodes with these seeds, played side by side."""
    history = getattr(policy, "history", False)  # no part of the protocol: most policies have none
    episodes = Episodes(
        scenario, len(seeds), clairvoyant=policy.clairvoyant, history=history, log_length=log_length, interpreted=interpreted
    )
    episodes.restart(range(len(seeds)), seeds)
    while not (episodes.terminated | episodes.truncated).all():
        going = ~(episodes.terminated | episodes.truncated)
        actions = np.zeros(len(seeds), np.int64)
        actions[going] = policy.actions({name: buffer[going] for name, buffer in episodes.observations._asdict().items()})
        episodes.step(actions)
    return [episodes.run(r) for r in range(len(seeds))]
