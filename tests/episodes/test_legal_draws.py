"""What an action space of an environment draws can be played: at any time, seeded or not, under every registered id."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import vmenv
from tests.conftest import write_trace
from tests.workload.models import small_model_file
from vmenv.dispatch.scenario import DispatchScenario

IDS = sorted(name for name in gymnasium.registry if name.startswith("vmenv/"))
SHARE: dict[str, dict[str, Any]] = {
    "host": {"host": vmenv.Host(cpus=2), "workload": vmenv.Workload.from_arrays([0, 0], [5_000_000] * 2), "num_slots": 3},
    "replay": {"window_s": 3_600},
    "fitted": {"path": small_model_file(), "num_vms": 5, "num_slots": 6},
    "spells": {"num_vms": 5, "num_slots": 6, "num_samples": 8},
}


@pytest.fixture(params=IDS)
def arguments(request: pytest.FixtureRequest, scenario_of: Callable[[str], DispatchScenario], tmp_path: Path) -> dict[str, Any]:
    """Returns the arguments of `gymnasium.make` for a small instance of every id."""
    name = request.param.removeprefix("vmenv/").removesuffix("-v0").lower()
    if not name.startswith("share-"):
        scenario = scenario_of(name)
        return {"id": request.param} | {field.name: getattr(scenario, field.name) for field in dataclasses.fields(scenario)}
    given = SHARE[name.removeprefix("share-")]
    if name == "share-replay":
        given = given | {"path": str(write_trace(tmp_path, num_samples=64))}
    return {"id": request.param} | given


def legal(env: Any, action: Any, row: int | None = None) -> bool:
    """Returns whether an action may be played now; what is no dispatch has no illegal ones."""
    if not hasattr(env.unwrapped, "action_masks"):
        return bool(((action >= 0) & (action <= 1)).all())
    masks = env.unwrapped.action_masks()
    return bool(masks[action] if row is None else masks[row, action])


def test_draws_are_legal(arguments: dict[str, Any]) -> None:
    env = gymnasium.make(**arguments)
    illegal_zero = 0
    for episode in range(2):
        if episode:
            env.action_space.seed(7)
        action = env.action_space.sample()  # before a reset, or after the end: it is for the first decision
        env.reset(seed=episode)
        assert legal(env, action)
        for k in range(150):
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                break
            if k % 2 == episode:
                env.action_space.seed(k)
            illegal_zero += hasattr(env.unwrapped, "action_masks") and not env.unwrapped.action_masks()[0]
            action = env.action_space.sample()
            assert legal(env, action)
            assert all(legal(env, env.action_space.sample()) for _ in range(3))
        while not (terminated or truncated):
            _, _, terminated, truncated, _ = env.step(env.action_space.sample())
    assert illegal_zero or "Share" in arguments["id"], "an episode in which 0 is always legal would say nothing"


def test_draws_of_a_batch_are_legal(arguments: dict[str, Any]) -> None:
    envs = gymnasium.make_vec(**arguments, num_envs=3)
    action = envs.action_space.sample()
    envs.reset(seed=0)
    assert all(legal(envs, action[row], row) for row in range(3))
    over = np.zeros(3, np.bool_)
    for k in range(60):
        _, _, terminated, truncated, _ = envs.step(action)
        over = terminated | truncated
        if k % 2:
            envs.action_space.seed(k)
        action = envs.action_space.sample()
        assert all(legal(envs, action[row], row) for row in np.flatnonzero(~over))


def test_every_legal_action_is_drawn_and_a_seed_repeats_them(scenario_of: Callable[[str], DispatchScenario]) -> None:
    """Seeding in the middle of an episode changes which are drawn, not which can be."""
    env = gymnasium.make("vmenv/Thrash-v0", **vars(scenario_of("thrash"))).unwrapped
    env.reset(seed=0)
    while env.action_masks().sum() < 4:
        env.step(np.flatnonzero(env.action_masks())[-1])
    drawn = []
    for seed in (3, 3, 4):
        env.action_space.seed(seed)
        drawn.append([int(env.action_space.sample()) for _ in range(200)])
    assert drawn[0] == drawn[1] != drawn[2]
    assert set(drawn[0]) == set(np.flatnonzero(env.action_masks()).tolist())


def test_a_checker_that_seeds_draws_and_resets_is_content(arguments: dict[str, Any]) -> None:
    env = gymnasium.make(**arguments).unwrapped
    check_env(env, skip_render_check=True)
    check_env(env, skip_render_check=True)  # in the state that the first left


def test_what_is_drawn_after_seeding_in_an_episode_is_legal_at_the_next_beginning(arguments: dict[str, Any]) -> None:
    """The checker does so after one random step: here after every one."""
    env = gymnasium.make(**arguments).unwrapped
    for seed in range(3):
        env.reset(seed=seed)
        for action in np.flatnonzero(env.action_masks()) if hasattr(env, "action_masks") else ():
            env.reset(seed=seed)
            env.step(action)
            env.action_space.seed(123)
            drawn = env.action_space.sample()
            assert legal(env, drawn)
            env.reset(seed=123)
            assert legal(env, drawn)
