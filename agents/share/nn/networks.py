"""Actor and critic of shares in which every VM goes through the same weights: neither the order nor the number of slots matters.

Each VM is embedded; the mean over those present and the host's features make a context. The actor's mean for a VM comes from both and is
added to what the heuristic `demand` would do, so that an untrained actor is that heuristic; the critic's value is the sum over the VMs of
what each contributes, as what is lost is a sum over the VMs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.policies import ContinuousCritic
from stable_baselines3.sac.policies import Actor, SACPolicy
from torch import Tensor, nn

from agents.training.networks import PassThrough, num_features
from vmenv.episodes.policy import Observation
from vmenv.share.network import LEAST, MOST, NOW
from vmenv.share.scheduler import to_actions


class VmEncoder(nn.Module):
    """Embeds VMs and the host.

    Args:
        num_vm_features: Features of a VM, an action among them for a critic.
        num_host_features: G.
        width: Of the hidden layers.
    """

    def __init__(self, num_vm_features: int, num_host_features: int, width: int) -> None:
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(num_vm_features, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.pool = nn.Sequential(nn.Linear(width + num_host_features, width), nn.ReLU())
        self.mix = nn.Sequential(nn.Linear(2 * width, width), nn.ReLU())

    def forward(self, vms: Tensor, host: Tensor, present: Tensor) -> Tensor:
        """Returns (B, S, width) from (B, S, F), (B, G) and (B, S, 1)."""
        embedded = self.embed(vms) * present
        mean = embedded.sum(dim=1) / present.sum(dim=1).clamp(min=1.0)
        context = self.pool(torch.cat([mean, host], dim=1)).unsqueeze(1).expand(-1, vms.shape[1], -1)
        mixed: Tensor = self.mix(torch.cat([embedded, context], dim=2))
        return mixed


class Weigher(nn.Module):
    """The mean and the logarithm of the standard deviation of every VM's action, before tanh.

    Args:
        num_vm_features: F.
        num_host_features: G.
        width: Of the hidden layers.
    """

    def __init__(self, num_vm_features: int, num_host_features: int, width: int) -> None:
        super().__init__()
        self.encode = VmEncoder(num_vm_features, num_host_features, width)
        self.head = nn.Linear(width, 2)
        nn.init.zeros_(self.head.weight)
        with torch.no_grad():
            self.head.bias.copy_(torch.tensor([0.0, -2.5]))

    def forward(self, observations: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Returns two (B, S)."""
        vms = observations["vms"]
        out = self.head(self.encode(vms, observations["host"], vms[:, :, :1]))
        start = torch.atanh(2.0 * vms[:, :, NOW].clamp(LEAST, MOST) - 1.0)
        return start + out[:, :, 0], out[:, :, 1].clamp(-6.0, 0.0)


class ShareActor(Actor):
    """SB3's actor with `Weigher` in place of its networks."""

    def __init__(self, observation_space: Any, action_space: Any, *args: Any, width: int = 32, **kwargs: Any) -> None:
        super().__init__(observation_space, action_space, *args, **kwargs)
        self.latent_pi = self.mu = self.log_std = nn.Identity()  # type: ignore[assignment]  # SB3: a Sequential and linear layers
        self.weigher = weigher_for(observation_space, width)

    def get_action_dist_params(self, obs: Any) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Returns mean and logarithm of the standard deviation."""
        mean, log_std = self.weigher(obs)
        return mean, log_std, {}


class ShareCritic(ContinuousCritic):
    """SB3's critic, each value a sum over the VMs that are present."""

    def __init__(self, observation_space: Any, action_space: Any, *args: Any, width: int = 32, **kwargs: Any) -> None:
        super().__init__(observation_space, action_space, *args, **kwargs)
        of_vm, of_host = num_features(observation_space)
        for k in range(self.n_critics):
            self.q_networks[k] = nn.ModuleList([VmEncoder(of_vm + 1, of_host, width), nn.Linear(width, 1)])
            setattr(self, f"qf{k}", self.q_networks[k])

    def forward(self, obs: Any, actions: Tensor) -> tuple[Tensor, ...]:
        """Returns one (B, 1) for each critic."""
        present = obs["vms"][:, :, :1]
        vms = torch.cat([obs["vms"], actions.unsqueeze(2)], dim=2)
        networks: Any = self.q_networks  # SB3: any modules, not pairs
        return tuple((head(encode(vms, obs["host"], present)) * present).sum(dim=1) for encode, head in networks)

    def q1_forward(self, obs: Any, actions: Tensor) -> Tensor:
        """Returns the first critic's."""
        return self(obs, actions)[0]


class SharePolicy(SACPolicy):
    """SB3's policy of SAC with these two.

    Args:
        width: Of the hidden layers; the other arguments are SB3's.
    """

    def __init__(self, *args: Any, width: int = 32, **kwargs: Any) -> None:
        self.width = width
        super().__init__(*args, **kwargs | {"features_extractor_class": PassThrough, "net_arch": [], "share_features_extractor": False})

    def make_actor(self, features_extractor: Any = None) -> ShareActor:
        """See SB3."""
        return ShareActor(**self._update_features_extractor(self.actor_kwargs, features_extractor), width=self.width).to(self.device)

    def make_critic(self, features_extractor: Any = None) -> ShareCritic:
        """See SB3."""
        return ShareCritic(**self._update_features_extractor(self.critic_kwargs, features_extractor), width=self.width).to(self.device)


class ShareNetworkPolicy:
    """An actor under training as a policy that `vmenv.evaluate_shares` takes: the mean, no exploration. Saved, it is `ShareNetwork`.

    Args:
        weigher: The network.
    """

    def __init__(self, weigher: Weigher) -> None:
        self.weigher = weigher.eval()

    def actions(self, observation: Observation) -> NDArray[Any]:
        """Returns (B, S) actions."""
        with torch.no_grad():
            mean, _ = self.weigher({name: torch.as_tensor(rows) for name, rows in observation.items()})
            roots = (torch.tanh(mean) + 1.0) / 2.0
        return to_actions(np.asarray(roots.numpy(), np.float64) ** 2 * observation["vms"][:, :, 0])


def weigher_for(space: spaces.Space[Any], width: int) -> Weigher:
    """Returns an untrained network for a space of observations."""
    return Weigher(*num_features(space), width)
