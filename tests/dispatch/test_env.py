"""The single environment: Gymnasium's and SB3's checks, seeding, masks, rewards, and every wrong action."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as check_gymnasium
from gymnasium.wrappers import FlattenObservation
from stable_baselines3.common.env_checker import check_env as check_sb3

import vmenv
from vmenv.dispatch.env import DispatchEnv
from vmenv.dispatch.objective import RATIOS
from vmenv.dispatch.observation import host_features, vm_features
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.episodes.seeds import FIRST_TRAINING_SEED
from vmenv.errors import ActionError, SpecError, UnknownNameError

ScenarioOf = Callable[[str], DispatchScenario]


def finish(env: Any, seed: int) -> tuple[float, Any]:
    """Plays an episode at random and returns the sum of its rewards and the last info."""
    _, info = env.reset(seed=seed)
    env.action_space.seed(seed)
    total, over = 0.0, False
    while not over:
        _, reward, terminated, truncated, info = env.step(env.action_space.sample(mask=info["action_mask"]))
        total += reward
        over = terminated or truncated
    return total, info


@pytest.mark.parametrize("name", ["Thrash", "Mm1", "Bursts", "Replay", "Host"])
def test_checkers_pass(name: str, scenario_of: ScenarioOf) -> None:
    scenario = scenario_of(name.lower())
    parameters = {field: getattr(scenario, field) for field in vars(scenario)}
    env = gymnasium.make(f"vmenv/{name}-v0", render_mode="rgb_array", **parameters)
    check_gymnasium(env.unwrapped)
    with warnings.catch_warnings():
        # SB3 recommends flat observations or a custom policy; ours is a custom one. Nothing else may be warned of.
        warnings.filterwarnings("ignore", message=".*unconventional shape", category=UserWarning)
        check_sb3(env.unwrapped)
    check_sb3(FlattenObservation(env.unwrapped))


def test_every_scenario_has_an_id() -> None:
    for name in vmenv.list_scenarios("dispatch"):
        assert f"vmenv/{name.capitalize()}-v0" in gymnasium.registry
    for name in vmenv.list_scenarios("share"):
        assert f"vmenv/Share-{name.removeprefix('share_').capitalize()}-v0" in gymnasium.registry


def test_spec_goes_through_json() -> None:
    spec = gymnasium.make("vmenv/Thrash-v0", load=0.5).spec
    assert spec is not None
    again = gymnasium.make(gymnasium.envs.registration.EnvSpec.from_json(spec.to_json()))
    assert again.unwrapped.scenario.load == 0.5
    json.loads(spec.to_json())


def test_observation_is_what_the_tables_say(scenario_name: str, scenario_of: ScenarioOf) -> None:
    env = DispatchEnv(scenario_of(scenario_name))
    observation, _ = env.reset(seed=0)
    assert observation["vms"].shape == (env.scenario.num_slots, len(vm_features()))
    assert observation["host"].shape == (len(host_features(env.episodes.host)),)
    assert not observation["vms"][observation["vms"][:, 0] == 0].any(), "rows of empty slots are zero"
    fits = vm_features().index("fits")
    assert (observation["vms"][:, fits] == observation["action_mask"][:-1]).all()


def test_rewards_add_up_to_the_objective(scenario_name: str, scenario_of: ScenarioOf) -> None:
    scenario = scenario_of(scenario_name)
    env = DispatchEnv(scenario)
    total, _ = finish(env, seed=1)
    unit = 1.0 if scenario.objective in RATIOS else scenario.time_scale_us
    assert -total * unit == pytest.approx(env.run().metrics()[scenario.objective], rel=1e-9)


def test_same_seed_same_arrivals_as_simulate(scenario_of: ScenarioOf) -> None:
    scenario = scenario_of("thrash")
    env = DispatchEnv(scenario)
    env.reset(seed=7)
    assert (env.run().arrival_us == scenario.episode(7).arrival_us).all()


def test_reset_without_a_seed_draws_training_episodes(scenario_of: ScenarioOf) -> None:
    env = DispatchEnv(scenario_of("thrash"))
    first = env.reset(seed=5)[1]["seed"]
    following = [env.reset()[1]["seed"] for _ in range(3)]
    assert first == 5
    assert min(following) >= FIRST_TRAINING_SEED
    env.reset(seed=5)
    assert [env.reset()[1]["seed"] for _ in range(3)] == following


def test_a_clairvoyant_observation_tells_the_work_left(scenario_of: ScenarioOf) -> None:
    env = DispatchEnv(scenario_of("thrash"), clairvoyant=True)
    observation, _ = env.reset(seed=0)
    size, tau = env.scenario.episode(0).size_us[0], env.scenario.time_scale_us
    left = vm_features(clairvoyant=True).index("left")
    assert observation["vms"][0, left] == np.float32(size / (size + tau))


def test_observation_hides_sizes(scenario_of: ScenarioOf) -> None:
    """Two workloads that differ only in sizes not yet shown look alike: also while a VM runs in its last quantum."""
    host = vmenv.Host(cpus=2, quantum_us=10_000)
    seen = []
    for last_us in (3_000, 9_000):
        env = gymnasium.make("vmenv/Host-v0", host=host, workload=vmenv.Workload.from_arrays([0, 0], [last_us, 50_000]))
        env.reset(seed=0)
        seen.append(env.step(0)[0])
    for name in seen[0]:
        assert (seen[0][name] == seen[1][name]).all()


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (99, "actions go from 0 to 4"),
        (-1, "actions go from 0 to 4"),
        (3, "the slot is empty"),
        (0.5, "give a whole number"),
        (None, "give a whole number"),
        ("0", "give a whole number"),
        ([0], "give a whole number"),
    ],
)
def test_wrong_actions(action: Any, message: str, scenario_of: ScenarioOf) -> None:
    env = DispatchEnv(scenario_of("host"))
    env.reset(seed=0)
    before = env.run().digest()
    with pytest.raises(ActionError, match=message):
        env.step(action)
    assert env.run().digest() == before, "nothing happened"


def test_actions_on_a_running_and_a_blocked_vm(scenario_of: ScenarioOf) -> None:
    workload = vmenv.Workload.from_arrays([0, 0], [10_000, 10_000], cpu_millicores=[600, 600])
    env = gymnasium.make("vmenv/Host-v0", host=vmenv.Host(), workload=workload)
    env.reset(seed=0)
    with pytest.raises(ActionError, match=r"does not fit|no event is pending|empty"):
        env.step(16)
    env.step(0)
    # VM 1 did not fit beside VM 0, so time has moved to the end of VM 0.
    assert env.unwrapped.run().completion_us.tolist() == [10_000, -1]


def test_order_of_calls(scenario_of: ScenarioOf) -> None:
    env = DispatchEnv(scenario_of("host"))
    with pytest.raises(ActionError, match="call reset"):
        env.step(0)
    with pytest.raises(ActionError, match="call reset"):
        env.run()
    finish(env, seed=0)
    with pytest.raises(ActionError, match="the episode is over"):
        env.step(0)


def test_wrong_arguments(scenario_of: ScenarioOf) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'thrash'"):
        DispatchEnv("trash")
    with pytest.raises(SpecError, match="did you mean 'load'"):
        DispatchEnv("thrash", laod=0.5)
    with pytest.raises(SpecError, match="did you mean 'ansi'"):
        DispatchEnv("thrash", render_mode="ascii")
    with pytest.raises(SpecError, match="beside a ready scenario"):
        DispatchEnv(scenario_of("thrash"), load=0.5)
    with pytest.raises(SpecError, match="more than the host's 1000"):
        DispatchEnv("host", host=vmenv.Host(), workload=vmenv.Workload.from_arrays([0], [5], cpu_millicores=[1001])).reset()


def test_horizon_truncates() -> None:
    env = DispatchEnv("mm1", horizon_us=2_000_000)
    _, info = finish(env, seed=0)
    assert info["clock_us"] == 2_000_000
    assert env.run().metrics()["num_unfinished"] > 0
