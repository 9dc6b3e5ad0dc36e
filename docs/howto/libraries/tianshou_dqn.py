"""Double DQN of Tianshou on eight environments, with masked actions."""

import os

import gymnasium
import numpy as np
import torch
from tianshou.algorithm.modelfree.dqn import DQN, DiscreteQLearningPolicy
from tianshou.algorithm.optim import AdamOptimizerFactory
from tianshou.data import Collector, VectorReplayBuffer
from tianshou.env import DummyVectorEnv
from tianshou.trainer import OffPolicyTrainerParams
from torch import nn

import vmenv

torch.manual_seed(0)
np.random.seed(0)
EPOCHS = int(os.environ.get("UPDATES", 5))
NUM_SLOTS, NUM_FEATURES, NUM_HOST = 16, 26, 13


class Flat(gymnasium.ObservationWrapper):
    """`obs` and `mask`, which are the names that Tianshou looks for."""

    def __init__(self, env):
        super().__init__(env)
        self.observation_space = gymnasium.spaces.Dict(
            obs=gymnasium.spaces.Box(-1, 1, (NUM_SLOTS * NUM_FEATURES + NUM_HOST,), np.float32),
            mask=gymnasium.spaces.MultiBinary(NUM_SLOTS + 1),
        )

    def observation(self, observation):
        return {"obs": np.concatenate([observation["vms"].ravel(), observation["host"]]), "mask": observation["action_mask"]}


class Values(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(NUM_FEATURES + NUM_HOST, 64), nn.ReLU(), nn.Linear(64, 1))
        self.wait = nn.Linear(NUM_HOST, 1)

    def forward(self, obs, state=None, info=None):
        obs = torch.as_tensor(obs, dtype=torch.float32)
        vms, host = obs[:, :-NUM_HOST].view(-1, NUM_SLOTS, NUM_FEATURES), obs[:, -NUM_HOST:]
        around = host.unsqueeze(1).expand(-1, NUM_SLOTS, -1)
        return torch.cat([self.body(torch.cat([vms, around], 2)).squeeze(2), self.wait(host)], 1), state


def make():
    return Flat(gymnasium.make("vmenv/Thrash-v0", num_slots=NUM_SLOTS))


envs, values = DummyVectorEnv([make for _ in range(8)]), Values()
policy = DiscreteQLearningPolicy(model=values, action_space=envs.action_space[0], eps_training=0.1)
algorithm = DQN(policy=policy, optim=AdamOptimizerFactory(lr=1e-3), gamma=0.99, target_update_freq=500)
collector = Collector(algorithm, envs, VectorReplayBuffer(50_000, 8), exploration_noise=True)
collector.reset()
collector.collect(n_step=2_000, random=False)
algorithm.run_training(
    OffPolicyTrainerParams(
        training_collector=collector,
        max_epochs=EPOCHS,
        epoch_num_steps=4_000,
        collection_step_num_env_steps=64,
        batch_size=128,
        update_step_num_gradient_steps_per_sample=0.25,
        show_progress=False,
        verbose=False,
    )
)


class Trained(vmenv.Policy):
    def actions(self, observation):
        obs = np.concatenate([observation["vms"].reshape(len(observation["vms"]), -1), observation["host"]], axis=1)
        with torch.no_grad():
            scores, _ = values(obs)
        return scores.masked_fill(torch.from_numpy(observation["action_mask"]) == 0, -1e9).argmax(1).numpy()


rows = vmenv.evaluate(Trained(), "thrash", seeds=range(20), num_slots=NUM_SLOTS)
print(f"{EPOCHS * 4_000} decisions: mean slowdown {np.mean([row['mean_slowdown'] for row in rows]):.1f}")
