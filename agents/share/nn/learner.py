"""What the learners of shares on Stable-Baselines3 have in common: environments, and the network that weighs VMs."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

from agents.share.nn.networks import ShareNetworkPolicy, Weigher
from agents.share.nn.vec_env import ShareVecEnv
from agents.training.sb3 import Sb3Agent
from vmenv.errors import SpecError
from vmenv.share.kind import KIND
from vmenv.share.network import PREFIX
from vmenv.share.observation import vm_features
from vmenv.share.scenario import ShareScenario


@dataclass(frozen=True, kw_only=True)
class ShareLearner(Sb3Agent):
    """A learner whose actor is `agents.share.nn.networks.Weigher`. To write one, set `kind`, and write `build` and `network_of`.

    Args:
        learning_rate: It stays.
        gamma: Discount an interval. 0 is right where demand is lost: nothing that comes later depends on the weights. With queues give .99.
        reward_scale: What rewards are multiplied by.
    """

    kind_name = KIND.name
    prefix = PREFIX
    evaluates_start = True

    num_envs: int = 32
    eval_every: int = 10_000
    torch_threads: int = 1
    learning_rate: float = 3e-4
    gamma: float = 0.0
    reward_scale: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("learning_rate", "reward_scale"):
            if not 0 < getattr(self, name) < float("inf"):
                raise SpecError(f"agent.{name} is {getattr(self, name)}: give a number above 0")
        if not 0 <= self.gamma <= 1:
            raise SpecError(f"agent.gamma is {self.gamma}: give a number from 0 to 1")

    @abstractmethod
    def network_of(self, model: Any) -> Weigher:
        """See `Sb3Agent.network_of`."""

    def environment(self, scenario: ShareScenario, seed: int) -> ShareVecEnv:
        """See `Sb3Agent.environment`."""
        return ShareVecEnv(scenario, self.num_envs, seed=seed, reward_scale=self.reward_scale)

    def policy_of(self, network: Weigher) -> ShareNetworkPolicy:
        """See `Sb3Agent.policy_of`."""
        return ShareNetworkPolicy(network)

    def looks_at(self, scenario: ShareScenario) -> dict[str, Any]:
        """See `Sb3Agent.looks_at`."""
        return {"vm_features": list(vm_features())}
