"""What a model of Stable-Baselines3 goes on from after a stop: networks, optimisers, experience, environments, random streams.

Together they are all that a training depends on between two rollouts, so that it goes on as if it had never stopped, bit by bit where torch
computes the same twice: on the CPU with the same number of threads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.buffers import DictReplayBuffer
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.vec_env import VecNormalize

from agents.training.streams import global_streams, set_global_streams
from agents.training.tensors import optimizer_arrays, restore_optimizer, to_arrays, to_tensors
from agents.training.vec_env import BatchVecEnv
from vmenv.episodes.saved import Arrays

COUNTS = ("num_timesteps", "_n_updates", "_episode_num", "_n_calls", "exploration_rate", "_current_progress_remaining")
EXPERIENCE = ("actions", "rewards", "dones", "timeouts")  # of a replay, beside both observations


def state_of(model: Any, env: Any) -> tuple[Arrays, dict[str, Any]]:
    """Returns arrays and numbers from which `restore` goes on.

    Args:
        model: Between two rollouts.
        env: Its environment: a `BatchVecEnv`, or a `VecNormalize` around one.
    """
    arrays = {"policy": to_arrays(model.policy.state_dict()), "streams": global_streams(), "env": batch_of(env).saved_state()}
    arrays |= {f"optimizer {name}": optimizer_arrays(optimizer) for name, optimizer in _optimizers(model)}
    arrays["episodes"] = {"infos": _table_of(model.ep_info_buffer)}
    numbers = {name: getattr(model, name) for name in COUNTS if hasattr(model, name)}
    if isinstance(env, VecNormalize):
        arrays["returns"] = {"now": env.returns}
        numbers["returns"] = {name: float(getattr(env.ret_rms, name)) for name in ("mean", "var", "count")}
    if isinstance(model, OffPolicyAlgorithm):
        arrays["replay"], numbers["replay"] = _replay_of(model.replay_buffer)
    return {f"{group}/{name}": array for group, members in arrays.items() for name, array in members.items()}, numbers


def restore(model: Any, env: Any, arrays: Arrays, numbers: dict[str, Any]) -> None:
    """Puts an untrained model with the same settings to where that of `state_of` stood.

    Raises:
        SpecError: The environments are not those of this version.
    """
    groups: dict[str, Arrays] = {}
    for key, array in arrays.items():
        group, _, name = key.partition("/")
        groups.setdefault(group, {})[name] = array
    model.policy.load_state_dict(to_tensors(groups["policy"]))
    for name, optimizer in _optimizers(model):
        restore_optimizer(optimizer, groups.get(f"optimizer {name}", {}))
    batch_of(env).load_state(groups["env"])
    # SB3's own copies are a step behind where a budget ended in the midst of a rollout.
    model._last_obs = model._last_original_obs = batch_of(env).observe()
    model._last_episode_starts = batch_of(env).lengths == 0
    model.ep_info_buffer = deque(({"r": r, "l": int(length), "t": t} for r, length, t in groups["episodes"]["infos"].tolist()), maxlen=100)
    model.ep_success_buffer = deque(maxlen=100)
    for name in COUNTS:
        if name in numbers:
            setattr(model, name, numbers[name])
    if isinstance(env, VecNormalize):
        env.returns, env.old_obs = groups["returns"]["now"], model._last_obs
        for name, value in numbers["returns"].items():
            setattr(env.ret_rms, name, np.float64(value))
    if isinstance(model, OffPolicyAlgorithm):
        _fill_replay(model.replay_buffer, groups["replay"], numbers["replay"])
    set_global_streams(groups["streams"])  # last: nothing above may draw after it


def batch_of(env: Any) -> BatchVecEnv:
    """Returns the environments within their wrappers."""
    batch = env.venv if isinstance(env, VecNormalize) else env
    if not isinstance(batch, BatchVecEnv):
        raise TypeError(f"the environment is a {type(batch).__name__}, no BatchVecEnv")
    return batch


def _optimizers(model: Any) -> Iterator[tuple[str, torch.optim.Optimizer]]:
    for name in model._get_torch_save_params()[0]:
        if name.endswith("optimizer"):
            part = model
            for attribute in name.split("."):
                part = getattr(part, attribute)
            yield name, part


def _table_of(infos: Any) -> np.ndarray:
    return np.array([[info["r"], info["l"], info["t"]] for info in infos or ()], np.float64).reshape(-1, 3)


def _replay_of(replay: Any) -> tuple[Arrays, dict[str, Any]]:
    """Returns the decisions that are kept, as far as the buffer is filled."""
    filled = replay.buffer_size if replay.full else replay.pos
    arrays = {name: array[:filled] for name, array in _replay_arrays(replay)}
    return arrays, {"pos": replay.pos, "full": replay.full}


def _fill_replay(replay: Any, arrays: Mapping[str, np.ndarray], numbers: dict[str, Any]) -> None:
    for name, array in _replay_arrays(replay):
        array[: len(arrays[name])] = arrays[name]
    replay.pos, replay.full = numbers["pos"], numbers["full"]


def _replay_arrays(replay: DictReplayBuffer) -> Iterator[tuple[str, np.ndarray]]:
    for name in EXPERIENCE:
        yield name, getattr(replay, name)
    for kind in ("observations", "next_observations"):
        for name, array in getattr(replay, kind).items():
            yield f"{kind}.{name}", array
