"""What is given to environments and evaluation is checked before any work, with one clear error."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest

import vmenv
from vmenv.errors import ActionError, SpecError

SMALL = {"num_vms": 12, "num_slots": 4}
BAD_SEEDS = [0.5, "0", -3, 2**63, True]


@pytest.mark.parametrize("seed", BAD_SEEDS)
def test_seeds_are_checked_wherever_they_are_given(seed: Any) -> None:
    env = gymnasium.make("vmenv/Thrash-v0", **SMALL).unwrapped
    envs = gymnasium.make_vec("vmenv/Share-Spells-v0", num_envs=2)
    host, work = vmenv.Host(), vmenv.Workload.from_arrays([0], [5])
    for give in (
        lambda: env.reset(seed=seed),
        lambda: envs.reset(seed=seed),
        lambda: envs.reset(seed=[0, seed]),
        lambda: vmenv.evaluate("las", "mm1", [0, seed]),
        lambda: vmenv.simulate(host, work, "las", seed=seed, interpreted=True),
        lambda: vmenv.make_scenario("mm1").episode(seed),
    ):
        with pytest.raises(SpecError, match=r"seed is .*: give a whole number from 0 to 9223372036854775807"):
            give()


def test_one_seed_is_no_collection() -> None:
    for seeds in (3, "01", None):
        with pytest.raises(SpecError, match=r"seeds is .*: give several, such as range\(100\)"):
            vmenv.evaluate("las", "mm1", seeds)
    with pytest.raises(SpecError, match="seeds has 3 entries: give 1, one for each workload"):
        vmenv.simulate_many(vmenv.Host(), [vmenv.Workload.from_arrays([0], [5])], seeds=[1, 2, 3], interpreted=True)


@pytest.mark.parametrize(
    "actions", [[0.9, 0.0], np.array([0.0, 0.0]), ["0", "0"], [None, 0], [0], [[0, 0]], 0, [True, False], [0, 1j]], ids=str
)
def test_a_batch_refuses_what_one_environment_refuses(actions: Any) -> None:
    envs: Any = gymnasium.make_vec("vmenv/Thrash-v0", num_envs=2, **SMALL)
    envs.reset(seed=1)
    before = [envs.episodes.run(r).digest() for r in range(2)]
    with pytest.raises(ActionError, match=r"actions are .*: give \(2,\) whole numbers from 0 to 4"):
        envs.step(actions)
    assert [envs.episodes.run(r).digest() for r in range(2)] == before
    envs.step([0, 0])
    envs.step(np.array([4, 4], np.uint8))


@pytest.mark.parametrize("num_envs", [10**9, 0, 2.5, "4"])
def test_the_number_of_environments_is_checked_before_any_work(num_envs: Any) -> None:
    with pytest.raises(SpecError, match=r"num_envs is .*: give a whole number from 1 to 16777216"):
        gymnasium.make_vec("vmenv/Thrash-v0", num_envs=num_envs)


def test_which_environments_begin_may_be_a_list() -> None:
    envs: Any = gymnasium.make_vec("vmenv/Thrash-v0", num_envs=2, autoreset_mode="Disabled", **SMALL)
    envs.reset(seed=1)
    envs.step([0, 0])
    envs.reset(seed=1, options={"reset_mask": [True, False]})
    assert envs.episodes.clock_us[0] <= envs.episodes.clock_us[1]
    for mask in ([True], [1, 0], "both", [[True, False]]):
        with pytest.raises(SpecError, match=r"reset_mask has shape .*: give \(2,\) of bool"):
            envs.reset(options={"reset_mask": mask})
