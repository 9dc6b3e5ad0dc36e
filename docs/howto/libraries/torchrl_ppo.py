"""PPO of TorchRL on one environment, with masked actions."""

import os

import gymnasium
import torch
from tensordict.nn import TensorDictModule
from torch import nn
from torchrl.collectors import Collector
from torchrl.envs import GymWrapper
from torchrl.modules import MaskedCategorical, ProbabilisticActor, ValueOperator
from torchrl.objectives import ClipPPOLoss
from torchrl.objectives.value import GAE

import vmenv

torch.manual_seed(0)
UPDATES = int(os.environ.get("UPDATES", 40))


class BoolMask(gymnasium.ObservationWrapper):
    """The mask as torch's distributions want it."""

    def __init__(self, env):
        super().__init__(env)
        mask = gymnasium.spaces.MultiBinary(int(env.action_space.n))
        self.observation_space = gymnasium.spaces.Dict({**env.observation_space.spaces, "action_mask": mask})

    def observation(self, observation):
        return observation


class Scores(nn.Module):
    def __init__(self, num_features, num_host):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(num_features + num_host, 64), nn.Tanh(), nn.Linear(64, 1))
        self.wait = nn.Linear(num_host, 1)

    def forward(self, vms, host, mask):
        around = host.unsqueeze(-2).expand(*vms.shape[:-1], host.shape[-1])
        scores = self.body(torch.cat([vms, around], -1)).squeeze(-1)
        return torch.cat([scores, self.wait(host)], -1), mask.bool()


class Worth(nn.Module):
    def __init__(self, num_features, num_host):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(num_features + num_host, 64), nn.Tanh(), nn.Linear(64, 1))

    def forward(self, vms, host):
        return self.body(torch.cat([vms.sum(-2), host], -1))


env = GymWrapper(BoolMask(gymnasium.make("vmenv/Thrash-v0", num_slots=16)), categorical_action_encoding=True)
(_, num_features), (num_host,) = env.observation_spec["vms"].shape, env.observation_spec["host"].shape
scores = TensorDictModule(Scores(num_features, num_host), in_keys=["vms", "host", "action_mask"], out_keys=["logits", "mask"])
actor = ProbabilisticActor(
    scores, in_keys=["logits", "mask"], spec=env.action_spec, distribution_class=MaskedCategorical, return_log_prob=True
)
critic = ValueOperator(Worth(num_features, num_host), in_keys=["vms", "host"])
loss_of = ClipPPOLoss(actor, critic, entropy_coeff=0.005)
advantage = GAE(gamma=0.99, lmbda=0.95, value_network=critic)
optimiser = torch.optim.Adam(loss_of.parameters(), lr=1e-3)
collector = Collector(env, actor, frames_per_batch=1024, total_frames=1024 * UPDATES)
for batch in collector:
    for _ in range(3):
        advantage(batch)
        flat = batch.reshape(-1)
        for rows in torch.randperm(len(flat)).split(256):
            loss = loss_of(flat[rows])
            optimiser.zero_grad()
            (loss["loss_objective"] + loss["loss_critic"] + loss["loss_entropy"]).backward()
            nn.utils.clip_grad_norm_(loss_of.parameters(), 0.5)
            optimiser.step()
    collector.update_policy_weights_()


class Trained(vmenv.Policy):
    def actions(self, observation):
        seen = [torch.from_numpy(observation[name]) for name in ("vms", "host", "action_mask")]
        with torch.no_grad():
            logits, mask = scores.module(*seen)
        return logits.masked_fill(~mask, -1e9).argmax(-1).numpy()


rows = vmenv.evaluate(Trained(), "thrash", seeds=range(20), num_slots=16)
print(f"{1024 * UPDATES} decisions: mean slowdown {sum(row['mean_slowdown'] for row in rows) / 20:.1f}")
