"""A trained network as a policy that `vmenv.evaluate` takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.dispatch.nn.networks import Scorer
from agents.training.tensors import to_tensors
from vmenv.dispatch.observation import vm_features
from vmenv.episodes.policy import Observation
from vmenv.episodes.saved import Card, read_weights
from vmenv.errors import SpecError

PREFIX = "scorer."  # of the names of weights in a file


class NetworkPolicy:
    """Grants the VM with the highest score, or waits if that scores higher: no exploration.

    Args:
        scorer: The network.
        clairvoyant: Whether it sees the work left.
        history: Whether it sees what the run has taught about sizes so far.
    """

    def __init__(self, scorer: Scorer, clairvoyant: bool, history: bool = False) -> None:
        self.scorer = scorer.eval()
        self.clairvoyant, self.history = clairvoyant, history

    def actions(self, observation: Observation) -> NDArray[np.int64]:
        """Returns (B,) actions."""
        tensors = {name: torch.as_tensor(observation[name]) for name in ("vms", "host")}
        with torch.no_grad():
            scores: Tensor = self.scorer.forward_actor(tensors)
        scores[torch.as_tensor(observation["action_mask"]) == 0] = -torch.inf
        return scores.argmax(dim=1).numpy()


def load_network(card: Card, stem: Path) -> NetworkPolicy:
    """Returns the network of a card.

    Raises:
        SpecError: It was trained on other features than this version observes.
    """
    history = card.get("history", False)
    expected = list(vm_features(card["clairvoyant"], history))
    if card["vm_features"] != expected:
        raise SpecError(f"{stem} was trained on the features {card['vm_features']}, this version observes {expected}: train again")
    scorer = Scorer(len(expected), len(card["host_features"]), card["width"])
    weights = to_tensors(read_weights(stem, card), PREFIX)
    if {name: t.shape for name, t in weights.items()} != {name: t.shape for name, t in scorer.state_dict().items()}:
        raise SpecError(f"{stem} holds the weights of another network than this version's: train again")
    scorer.load_state_dict(weights)
    return NetworkPolicy(scorer, card["clairvoyant"], history)
