"""A trained network as a policy that `vmenv.evaluate` takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.dispatch.nn.networks import Scorer
from agents.training.checkpoint import BEST, load_checkpoint
from agents.training.tensors import to_tensors
from vmenv.dispatch.observation import vm_features
from vmenv.dispatch.policy import Observation, Policy
from vmenv.dispatch.saved import load_policy, read_card
from vmenv.dispatch.scheduler import Scheduler
from vmenv.errors import SpecError

NETWORK_KINDS = ("ppo", "a2c", "dqn")  # of the cards whose weights are a `Scorer`; vmenv alone reads the others


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


def load_trained(stem: Path) -> Policy | Scheduler:
    """Returns what a training run left at this path without ending, whatever trained it.

    Raises:
        SpecError: It is not there, or is no policy of this version.
    """
    if read_card(stem)["kind"] in NETWORK_KINDS:
        return load_network_policy(stem.parent)
    return load_policy(stem)


def information_of(policy: Policy | Scheduler) -> str:
    """Returns what a policy looks at, one of `vmenv.dispatch.scheduler.INFORMATION_CLASSES`."""
    if isinstance(policy, Scheduler):
        return policy.information
    return "clairvoyant" if policy.clairvoyant else "demands"


def load_network_policy(folder: Path) -> NetworkPolicy:
    """Returns the network that a training run left in its folder.

    Raises:
        SpecError: There is none, or it was trained on other features than this version observes.
    """
    arrays, card = load_checkpoint(folder / BEST)
    history = card.get("history", False)
    expected = list(vm_features(card["clairvoyant"], history))
    if card["vm_features"] != expected:
        raise SpecError(f"{folder} was trained on the features {card['vm_features']}, this version observes {expected}: train again")
    scorer = Scorer(len(expected), len(card["host_features"]), card["width"])
    weights = to_tensors(arrays, "scorer.")
    if {name: t.shape for name, t in weights.items()} != {name: t.shape for name, t in scorer.state_dict().items()}:
        raise SpecError(f"{folder} holds the weights of another network than this version's: train again")
    scorer.load_state_dict(weights)
    return NetworkPolicy(scorer, card["clairvoyant"], history)
