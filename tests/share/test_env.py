"""The share environments: Gymnasium's and SB3's checks, seeding, rewards, every wrong action, and batches that equal single ones."""

from __future__ import annotations

import json
import warnings
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as check_gymnasium
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers import FlattenObservation
from stable_baselines3.common.env_checker import check_env as check_sb3

import vmenv
from vmenv.episodes.seeds import FIRST_TRAINING_SEED
from vmenv.errors import ActionError, SpecError, UnknownNameError
from vmenv.share.env import ShareEnv
from vmenv.share.observation import host_features, vm_features

SMALL: dict[str, Any] = {"num_vms": 5, "num_slots": 6, "cpus": 4, "num_samples": 8}
SPARES = ("idle", "shared")


@pytest.mark.parametrize("spare", SPARES)
def test_checkers_pass(spare: str) -> None:
    env = gymnasium.make("vmenv/Share-Spells-v0", spare=spare, **SMALL)
    check_gymnasium(env.unwrapped)
    with warnings.catch_warnings():
        # SB3 recommends flat observations, and actions around 0; ours are shares. Nothing else may be warned of.
        warnings.filterwarnings("ignore", message=".*unconventional shape", category=UserWarning)
        warnings.filterwarnings("ignore", message=".*symmetric and normalized Box action space", category=UserWarning)
        check_sb3(env.unwrapped)
        check_sb3(FlattenObservation(env.unwrapped))


def test_every_scenario_has_an_id() -> None:
    for name in vmenv.list_scenarios("share"):
        assert f"vmenv/Share-{name.removeprefix('share_').capitalize()}-v0" in gymnasium.registry


def test_spec_goes_through_json() -> None:
    spec = gymnasium.make("vmenv/Share-Spells-v0", cpus=7).spec
    assert spec is not None
    again = gymnasium.make(gymnasium.envs.registration.EnvSpec.from_json(spec.to_json()))
    assert again.unwrapped.scenario.cpus == 7
    json.loads(spec.to_json())


def test_observation_is_what_the_tables_say() -> None:
    """One pCPU, caps of a half: VM 0 wanted 1,000 and missed 500, VM 1 wanted 250; slot 2 is empty."""
    work = vmenv.Workload.from_phases([0, 0], [[vmenv.Phase(10), vmenv.Phase(10, 0)], [vmenv.Phase(20, 250)]])
    env = gymnasium.make("vmenv/Share-Host-v0", host=vmenv.Host(), workload=work, num_slots=3, interval_us=10, spare="idle")
    before, _ = env.reset(seed=0)
    assert not before["vms"][:, [vm_features().index(name) for name in ("cpu_now", "cpu_missed", "age")]].any(), "nothing is past yet"
    observation, reward, _, _, info = env.step(np.ones(3, np.float32))
    vms = {name: observation["vms"][:, k].tolist() for k, name in enumerate(vm_features())}
    assert vms["present"] == [1, 1, 0]
    assert vms["cpu_now"] == vms["cpu_long"] == vms["cpu_peak"] == [1.0, 0.5, 0]
    assert vms["cpu_missed"] == [np.float32(np.sqrt(0.5)), 0, 0]
    assert vms["age"] == [np.float32(1 / 17), np.float32(1 / 17), 0]
    assert not observation["vms"][2].any(), "rows of empty slots are zero"
    host = dict(zip(host_features(vmenv.Host()), observation["host"].tolist(), strict=True))
    assert host["present"] == np.float32(2 / 3)
    assert host["cpu_demand"] == np.float32(1.25 / 2.25)
    assert host["cpu_lost"] == np.float32(0.5 / 1.5)
    assert reward == -0.5
    assert info["steal_us"].tolist() == [5.0, 0.0, 0.0]


def test_the_demand_to_come_is_hidden() -> None:
    """Two workloads that differ only in the second interval look alike before it."""
    seen = []
    for later in (100, 900):
        work = vmenv.Workload.from_phases([0], [[vmenv.Phase(10, 300), vmenv.Phase(10, later)]])
        env = gymnasium.make("vmenv/Share-Host-v0", host=vmenv.Host(), workload=work, num_slots=2, interval_us=10)
        env.reset(seed=0)
        seen.append(env.step(np.ones(2, np.float32))[0])
    for name in seen[0]:
        assert (seen[0][name] == seen[1][name]).all()


def test_same_seed_same_episode_and_training_seeds_without_one() -> None:
    env = ShareEnv("share_spells", **SMALL)
    first = env.reset(seed=5)[1]["seed"]
    following = [env.reset()[1]["seed"] for _ in range(3)]
    assert first == 5
    assert min(following) >= FIRST_TRAINING_SEED
    env.reset(seed=5)
    assert [env.reset()[1]["seed"] for _ in range(3)] == following


def test_rewards_add_up_to_the_objective() -> None:
    env = ShareEnv("share_spells", **SMALL)
    env.reset(seed=3)
    total, over = 0.0, False
    while not over:
        _, reward, over, _, _ = env.step(env.action_space.sample())
        total += reward
    assert -total * env.scenario.interval_us == pytest.approx(env.run().metrics()["steal_us"])


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ([0.5] * 5, "has shape"),
        (0.5, "has shape"),
        ([0.5] * 5 + [1.5], r"action\[5\] is 1.5: give numbers from 0 to 1"),
        ([0.5] * 5 + [float("nan")], r"action\[5\] is nan"),
        (["a"] * 6, "give 6 numbers from 0 to 1"),
        (None, "action"),
    ],
)
def test_wrong_actions(action: Any, message: str) -> None:
    env = ShareEnv("share_spells", **SMALL)
    env.reset(seed=0)
    before = env.run().digest()
    with pytest.raises(ActionError, match=message):
        env.step(action)
    assert env.run().digest() == before, "nothing happened"


def test_order_of_calls() -> None:
    env = ShareEnv("share_spells", **SMALL)
    with pytest.raises(ActionError, match="call reset"):
        env.step(np.ones(6, np.float32))
    with pytest.raises(ActionError, match="call reset"):
        env.run()
    env.reset(seed=0)
    while not env.step(np.ones(6, np.float32))[2]:
        pass
    with pytest.raises(ActionError, match="the episode is over"):
        env.step(np.ones(6, np.float32))


def test_wrong_arguments() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'share_spells'"):
        ShareEnv("share_spels")
    with pytest.raises(SpecError, match="did you mean 'cpus'"):
        ShareEnv("share_spells", cpu=3)
    with pytest.raises(SpecError, match="did you mean 'idle'"):
        ShareEnv("share_spells", spare="idl")
    with pytest.raises(SpecError, match="give backlog_us with queued demand"):
        ShareEnv("share_spells", unmet="queued")
    with pytest.raises(SpecError, match="beside a ready scenario"):
        ShareEnv(vmenv.make_scenario("share_spells"), cpus=3)
    with pytest.raises(SpecError, match="did you mean 'ansi'"):
        ShareEnv("share_spells", render_mode="ascii")
    with pytest.raises(SpecError, match="share_replay has no path"):
        ShareEnv("share_replay")


def singles(seed: int, actions: Any) -> list[tuple[Any, float, bool]]:
    """Returns observation, reward and end of each step of the single environment, with a reset after each end."""
    env = gymnasium.make("vmenv/Share-Spells-v0", **SMALL)
    env.reset(seed=seed)
    steps = []
    for action in actions:
        observation, reward, terminated, _, _ = env.step(action)
        steps.append((observation, float(reward), terminated))
        if terminated:
            env.reset()
    return steps


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_a_batch_equals_single_environments(mode: AutoresetMode) -> None:
    envs: Any = gymnasium.make_vec("vmenv/Share-Spells-v0", num_envs=3, autoreset_mode=mode, **SMALL)
    envs.reset(seed=11)
    rng = np.random.default_rng(0)
    given = rng.random((20, 6)).astype(np.float32)
    expected = [singles(11 + i, given) for i in range(3)]
    taken, over = [0, 0, 0], np.zeros(3, bool)
    while min(taken) < 20:
        begins = over & (mode is AutoresetMode.NEXT_STEP)
        actions = np.stack([given[min(taken[i], 19)] for i in range(3)])
        observation, rewards, over, _, info = envs.step(actions)
        for i in range(3):
            if begins[i] or taken[i] == 20:
                continue
            wanted, reward, ended = expected[i][taken[i]]
            taken[i] += 1
            assert rewards[i] == reward
            assert over[i] == ended
            seen = info["final_obs"] if ended and mode is AutoresetMode.SAME_STEP else observation
            for name in wanted:
                assert (seen[name][i] == wanted[name]).all()


def test_disabled_mode_waits_for_reset_mask() -> None:
    envs: Any = gymnasium.make_vec("vmenv/Share-Spells-v0", num_envs=3, autoreset_mode=AutoresetMode.DISABLED, **SMALL)
    envs.reset(seed=11)
    over = np.zeros(3, bool)
    while not over.all():
        _, _, over, _, _ = envs.step(envs.action_space.sample())
    mask = np.array([True, False, True])
    envs.reset(options={"reset_mask": mask})
    assert (envs.unwrapped.episodes.terminated == ~mask).all()
    with pytest.raises(SpecError, match="a batch is not drawn"):
        gymnasium.make_vec("vmenv/Share-Spells-v0", num_envs=2, render_mode="rgb_array")
