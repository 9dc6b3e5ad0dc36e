"""Behaviour cloning: before it learns by itself, an actor-critic learns what another policy decides and what that costs.

The other, a heuristic mostly, plays training episodes; the actor learns its decisions by masked cross-entropy and the critic the returns
that the learner's own buffer computes, so that both start where it is (Pomerleau 1991; as a start for reinforcement learning, Rajeswaran et
al. 2018). The teacher may see more than the learner: a clairvoyant one shows what to aim at, as far as that can be told without the sizes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sb3_contrib import MaskablePPO
from stable_baselines3.common.utils import obs_as_tensor
from stable_baselines3.common.vec_env import VecNormalize
from torch.nn import functional

from agents.dispatch.nn.vec_env import EpisodesVecEnv
from vmenv.dispatch.kind import KIND
from vmenv.dispatch.scheduler import Scheduler
from vmenv.episodes.saved import list_policies, load_policy
from vmenv.episodes.schedulers import make_scheduler
from vmenv.errors import SpecError


def teacher_of(name: str) -> Scheduler:
    """Returns who is imitated.

    Args:
        name: A scheduler, "my_module:MyScheduler", a policy that comes with vmenv, or the path of a saved one: whatever plays in the loop,
            as tuned heuristics, formulas and index policies do.

    Raises:
        UnknownNameError: There is none.
        SpecError: It does not decide about dispatch, or is a network that does not play in the loop.
    """
    if "/" not in name and name not in list_policies(KIND.name):
        scheduler: Scheduler = make_scheduler(name)
        return scheduler
    policy = load_policy(name)
    if not isinstance(policy, Scheduler):
        raise SpecError(f"{name} is a {type(policy).__name__}: give a scheduler, a tuned heuristic, a formula or an index policy")
    return policy


def clone(model: MaskablePPO, env: VecNormalize, teacher: Scheduler, decisions: int) -> None:
    """Trains the model on what `teacher` does. The decisions count as the model's own.

    Args:
        model: The learner.
        env: Its environment, around an `EpisodesVecEnv`.
        teacher: Any scheduler, or learned policy that plays like one.
        decisions: At least; whole rollouts are made.
    """
    rollout = model.n_steps * env.num_envs
    observation: Any = env.reset()
    starts = np.ones(env.num_envs, np.float32)
    for _ in range(-(-decisions // rollout)):
        observation, starts = _follow(model, env, teacher, observation, starts)
        model.policy.set_training_mode(True)
        for _ in range(model.n_epochs):
            for batch in model.rollout_buffer.get(model.batch_size):
                values, log_prob, _ = model.policy.evaluate_actions(batch.observations, batch.actions.long().flatten(), batch.action_masks)
                loss = model.vf_coef * functional.mse_loss(values.flatten(), batch.returns) - log_prob.mean()
                model.policy.optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.policy.parameters(), model.max_grad_norm)
                model.policy.optimizer.step()
        model.num_timesteps += rollout


def _follow(model: MaskablePPO, env: VecNormalize, teacher: Scheduler, observation: Any, starts: Any) -> tuple[Any, Any]:
    """Fills the model's buffer with decisions of the teacher; returns the observation to go on from and which environments begin."""
    vec, buffer, policy = env.venv, model.rollout_buffer, model.policy
    if not isinstance(vec, EpisodesVecEnv):
        raise TypeError("cloning needs an EpisodesVecEnv")
    policy.set_training_mode(False)
    buffer.reset()
    no_log_probs = torch.zeros(env.num_envs)
    with torch.no_grad():
        for _ in range(model.n_steps):
            masks, actions = vec.action_masks(), vec.episodes.advise(teacher)
            values = policy.predict_values(obs_as_tensor(observation, model.device))
            following, rewards, over, infos = env.step(actions)
            for i in np.flatnonzero(over):
                if infos[i]["TimeLimit.truncated"]:
                    last = policy.obs_to_tensor(infos[i]["terminal_observation"])[0]
                    rewards[i] += model.gamma * float(policy.predict_values(last)[0])
            buffer.add(observation, actions, rewards, starts, values, no_log_probs, action_masks=masks)
            observation, starts = following, over
        last_values = policy.predict_values(obs_as_tensor(observation, model.device))
    buffer.compute_returns_and_advantage(last_values=last_values, dones=starts)
    return observation, starts
