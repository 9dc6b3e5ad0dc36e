"""Spaces of the dispatch environments. Their `sample()` draws among the actions that are legal now, so that random play just works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from vmenv.dispatch.observation import host_features, vm_features
from vmenv.host.spec import Host

MaskSource = Callable[[], NDArray[np.int8]]


def observation_space(host: Host, num_slots: int, clairvoyant: bool, history: bool = False) -> spaces.Dict:
    """Returns the observation space of one environment; the features are listed in `vmenv.dispatch.observation`."""
    return spaces.Dict(
        {
            "vms": spaces.Box(-1.0, 1.0, (num_slots, len(vm_features(clairvoyant, history))), np.float32),
            "host": spaces.Box(0.0, 1.0, (len(host_features(host)),), np.float32),
            "action_mask": spaces.Box(0, 1, (num_slots + 1,), np.int8),
        }
    )


class LegalActions(spaces.Discrete):
    """The actions 0 .. n-1, of which `sample()` without a mask draws one that is legal at the moment.

    While no episode goes on, that is action 0, which is legal at the first decision of every episode (a VM in the first slot of an empty
    host). The first draw after `seed()` is legal now and, if any action is both, was legal at this episode's first decision too: programs
    such as Gymnasium's checker seed the space, draw, and only then reset.

    Args:
        n: Number of actions.

    Attributes:
        current_mask: Returns the (n,) int8 mask of the moment, all 0 while no episode goes on; None: the space belongs to no environment.
        first_mask: The (n,) int8 mask of this episode's first decision; None: none has begun.
    """

    def __init__(self, n: int) -> None:
        self._fresh = False
        super().__init__(n)
        self.current_mask: MaskSource | None = None
        self.first_mask: NDArray[np.int8] | None = None

    def seed(self, seed: int | None = None) -> int:
        """Seeds the draws."""
        self._fresh = True
        return super().seed(seed)

    def sample(self, mask: NDArray[np.int8] | None = None, probability: Any = None) -> np.int64:
        """Draws an action; `mask` and `probability` as in `gymnasium.spaces.Discrete`."""
        fresh, self._fresh = self._fresh, False
        if mask is None and probability is None and self.current_mask is not None:
            mask = self.current_mask()
            if not mask.any():
                return np.int64(0)
            if fresh and self.first_mask is not None:
                both = np.flatnonzero(mask & self.first_mask)
                if both.size:  # 0 and to wait are likelier than others to be legal when other episodes begin
                    return np.int64(both[-1] if both[0] and both[-1] == self.n - 1 else both[0])
        return super().sample(mask=mask, probability=probability)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"current_mask": None}  # a saved space belongs to no environment


class LegalBatchActions(spaces.MultiDiscrete):
    """One `LegalActions` for each of B environments; the mask of the moment is (B, n). Where no episode goes on, 0 is drawn."""

    def __init__(self, n: int, num_envs: int) -> None:
        super().__init__([n] * num_envs)
        self.current_mask: MaskSource | None = None

    def sample(self, mask: Any = None, probability: Any = None) -> NDArray[np.int64]:
        """Draws B actions."""
        masks = self.current_mask() if mask is None and probability is None and self.current_mask is not None else None
        if masks is None:
            return super().sample(mask=mask, probability=probability)
        # The largest of independent uniform numbers is equally likely to stand at every legal place.
        drawn = self.np_random.random(masks.shape) * masks
        return np.where(masks.any(axis=1), drawn.argmax(axis=1), 0)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"current_mask": None}
