"""A learned policy of shares: every VM is scored with the same small network, so that neither order nor number of slots matters.

A VM's score is cpu_now (the root of its last demand) as it is, and what a linear layer and `hidden` tanh units add to it, which see the
VM's features and the host's. Untrained they add nothing: then it is the heuristic `demand` without headroom. The weight is the square of
the score cut to [0, 1]: scores, as the features, are roots of shares of the CPU.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmenv.episodes.policy import Observation
from vmenv.errors import SpecError
from vmenv.host.state import Floats
from vmenv.share.observation import vm_features
from vmenv.share.scheduler import to_actions

VM_FEATURES = ("size", "age", "cpu_now", "cpu_missed", "cpu_short", "cpu_long", "cpu_swing", "cpu_peak")
NUM_HOST_FEATURES = 3  # the first ones: how many are present, what all demanded of the CPU, what was lost of it
NUM_INPUTS = len(VM_FEATURES) + NUM_HOST_FEATURES
MOST_WEIGHT = 1e4  # five layers of up to a thousand units with such weights stay finite in float32; training leads to some units


def check_size(*weights: NDArray[Any]) -> None:
    """Checks that no layer can overflow.

    Raises:
        SpecError: A weight is no finite number, or larger than any training makes it.
    """
    for array in weights:
        if not (np.abs(array) <= MOST_WEIGHT).all():
            raise SpecError(f"a weight is {array.flat[np.argmax(~(np.abs(array) <= MOST_WEIGHT))]:g}: weights are {MOST_WEIGHT:g} at most")


def num_weights(hidden: int) -> int:
    """Returns how many weights a scorer has."""
    return (NUM_INPUTS + 1) + hidden * (NUM_INPUTS + 2)


def scores(observation: Observation, weights: Floats) -> Floats:
    """Returns (C, E, S) scores of C candidates, each on E runs of its own.

    Args:
        observation: Of C x E runs, those of a candidate side by side.
        weights: (C, n), as `num_weights` counts them: linear layer and bias; then for each hidden unit its inputs, its bias, its output.
    """
    vms = observation["vms"]
    names = vm_features()
    columns = [names.index(name) for name in VM_FEATURES]
    inputs = np.empty((*vms.shape[:2], NUM_INPUTS))
    inputs[..., : len(columns)] = vms[..., columns]
    inputs[..., len(columns) :] = observation["host"][:, None, :NUM_HOST_FEATURES]
    inputs = inputs.reshape(len(weights), -1, NUM_INPUTS)  # candidate, VM of one of its runs, feature
    linear, rest = weights[:, : NUM_INPUTS + 1], weights[:, NUM_INPUTS + 1 :]
    hidden = rest.reshape(len(weights), -1, NUM_INPUTS + 2)
    units = np.tanh(inputs @ hidden[:, :, :NUM_INPUTS].transpose(0, 2, 1) + hidden[:, None, :, NUM_INPUTS])
    added = np.einsum("cmf,cf->cm", inputs, linear[:, :NUM_INPUTS]) + linear[:, NUM_INPUTS, None]
    added += np.einsum("cmh,ch->cm", units, hidden[:, :, NUM_INPUTS + 1])
    found = inputs[..., VM_FEATURES.index("cpu_now")] + added
    return np.asarray(found.reshape(len(weights), -1, vms.shape[1]))


def actions_of(scored: Floats, observation: Observation) -> Floats:
    """Returns (B, S) actions from scores."""
    present = observation["vms"][..., 0]
    return to_actions(np.clip(scored.reshape(present.shape), 0.0, 1.0) ** 2 * present)


@dataclass(frozen=True, kw_only=True)
class ShareScorer:
    """A trained scorer.

    Args:
        weights: As `scores` takes them.

    Raises:
        SpecError: They are too many or too few, or one is no finite number of a usual size.
    """

    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        left = len(self.weights) - (NUM_INPUTS + 1)
        if left < 0 or left % (NUM_INPUTS + 2):
            raise SpecError(f"a scorer has {len(self.weights)} weights: give {NUM_INPUTS + 1} numbers, and {NUM_INPUTS + 2} a hidden unit")
        check_size(np.array(self.weights))

    def actions(self, observation: Observation) -> NDArray[Any]:
        """Returns (B, S) actions."""
        return actions_of(scores(observation, np.array(self.weights)[None]), observation)
