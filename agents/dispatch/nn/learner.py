"""What the learners of dispatch on Stable-Baselines3 share: the scoring network, scaled rewards, and a rate that falls with the budget."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import VecNormalize

from agents.dispatch.nn.networks import Scorer
from agents.dispatch.nn.policy import PREFIX, NetworkPolicy
from agents.dispatch.nn.vec_env import EpisodesVecEnv
from agents.training.budget import Budget
from agents.training.sb3 import Sb3Agent
from agents.training.vec_env import ScaledRewards
from vmenv.dispatch.kind import KIND
from vmenv.dispatch.observation import host_features, vm_features
from vmenv.dispatch.scenario import DispatchScenario


@dataclass(frozen=True, kw_only=True)
class DispatchLearner(Sb3Agent):
    """A learner whose network is `agents.dispatch.nn.networks.Scorer`.

    To write one, subclass as a frozen dataclass, set `kind`, and write `build` and `network_of`. The learning rate falls linearly to a
    tenth as the budget is spent.

    Args:
        clairvoyant: Whether the policy sees the work left: an upper bound, not a fair competitor.
        history: Whether the policy sees what the episode has taught so far about the sizes of each label (tenant), and announced sizes.
    """

    kind_name = KIND.name
    prefix = PREFIX

    clairvoyant: bool = False
    history: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_shares("learning_rate", "gamma")
        vm_features(self.clairvoyant, self.history)  # refuses both

    def environment(self, scenario: DispatchScenario, seed: int) -> VecNormalize:
        """See `Sb3Agent.environment`; rewards are scaled."""
        vec = EpisodesVecEnv(scenario, self.num_envs, seed=seed, clairvoyant=self.clairvoyant, history=self.history)
        return ScaledRewards(vec, self.gamma)

    @abstractmethod
    def network_of(self, model: BaseAlgorithm) -> Scorer:
        """See `Sb3Agent.network_of`."""

    def falling_rate(self, budget: Budget) -> Any:
        """Returns the learning rate as the function that SB3 asks for."""
        return lambda _: self.learning_rate * (1.0 - 0.9 * budget.spent)

    def policy_of(self, network: Scorer) -> NetworkPolicy:
        """See `Sb3Agent.policy_of`."""
        return NetworkPolicy(network, self.clairvoyant, self.history)

    def looks_at(self, scenario: DispatchScenario) -> dict[str, Any]:
        """See `Sb3Agent.looks_at`."""
        return {
            "vm_features": list(vm_features(self.clairvoyant, self.history)),
            "host_features": list(host_features(scenario.build_host())),
            "clairvoyant": self.clairvoyant,
            "history": self.history,
        }
