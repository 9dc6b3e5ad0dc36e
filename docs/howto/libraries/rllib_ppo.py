"""PPO of RLlib, with the masking module of its examples."""

import os

import gymnasium
import numpy as np
import ray
import torch
from gymnasium import spaces
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from ray.rllib.examples.rl_modules.classes.action_masking_rlm import ActionMaskingTorchRLModule
from ray.tune.registry import register_env

import vmenv

UPDATES = int(os.environ.get("UPDATES", 10))


class Flat(gymnasium.ObservationWrapper):
    """`observations` and `action_mask`, which are the names that RLlib's masking module looks for."""

    def __init__(self, env):
        super().__init__(env)
        inner = env.observation_space
        size = int(np.prod(inner["vms"].shape) + inner["host"].shape[0])
        self.observation_space = spaces.Dict(
            observations=spaces.Box(-1, 1, (size,), np.float32), action_mask=spaces.Box(0, 1, (int(env.action_space.n),), np.float32)
        )
        self.action_space = spaces.Discrete(int(env.action_space.n))

    def observation(self, observation):
        flat = np.concatenate([observation["vms"].ravel(), observation["host"]]).astype(np.float32)
        return {"observations": flat, "action_mask": observation["action_mask"].astype(np.float32)}


def make(config):

    return Flat(gymnasium.make("vmenv/Thrash-v0", num_slots=16))


register_env("thrash", make)
config = (
    PPOConfig()
    .environment("thrash")
    .env_runners(num_env_runners=0, num_envs_per_env_runner=8)
    .training(train_batch_size_per_learner=4_000, minibatch_size=500, num_epochs=4, lr=1e-3, gamma=0.99)
    .rl_module(rl_module_spec=RLModuleSpec(module_class=ActionMaskingTorchRLModule, model_config={"head_fcnet_hiddens": [64, 64]}))
)
ray.init(include_dashboard=False, num_cpus=2)
algorithm = config.build_algo()
for update in range(UPDATES):
    result = algorithm.train()
    print(update, result["env_runners"].get("episode_return_mean"))
module = algorithm.get_module()


class Trained(vmenv.Policy):
    def actions(self, observation):
        obs = np.concatenate([observation["vms"].reshape(len(observation["vms"]), -1), observation["host"]], axis=1).astype(np.float32)
        batch = {
            "obs": {"observations": torch.from_numpy(obs), "action_mask": torch.from_numpy(observation["action_mask"].astype(np.float32))}
        }
        with torch.no_grad():
            return module.forward_inference(batch)["action_dist_inputs"].argmax(1).numpy()


rows = vmenv.evaluate(Trained(), "thrash", seeds=range(20), num_slots=16)
print(f"{UPDATES * 4_000} decisions: mean slowdown {np.mean([row['mean_slowdown'] for row in rows]):.1f}")
