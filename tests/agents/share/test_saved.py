"""Trained policies of shares in files: numpy decides as torch does, those that come with vmenv play, and what is none is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

import vmenv
from agents.share.nn.networks import ShareNetworkPolicy, weigher_for
from agents.share.nn.vec_env import ShareVecEnv
from agents.training.tensors import to_arrays
from vmenv.errors import SpecError
from vmenv.share.env import share_observation_space
from vmenv.share.network import ShareNetwork
from vmenv.share.scenario import make_share_scenario

SCENARIO = make_share_scenario("share_spells", num_vms=5, num_slots=7, cpus=4, num_samples=12)


def test_numpy_decides_as_torch_does() -> None:
    torch.manual_seed(0)
    weigher = weigher_for(share_observation_space(SCENARIO.build_host(), SCENARIO.num_slots), 8)
    for layer in weigher.modules():
        if isinstance(layer, torch.nn.Linear):
            torch.nn.init.normal_(layer.weight)
            torch.nn.init.normal_(layer.bias)
    network = ShareNetwork(to_arrays(weigher.state_dict(), ""))
    vec = ShareVecEnv(SCENARIO, 4, seed=0)
    observation = vec.reset()
    for _ in range(5):
        actions = network.actions(observation)
        np.testing.assert_allclose(actions, ShareNetworkPolicy(weigher).actions(observation), rtol=1e-3, atol=1e-6)
        assert np.ptp(actions) > 0
        observation, *_ = vec.step(np.sqrt(actions).astype(np.float32))


@pytest.mark.parametrize("name", vmenv.list_trained_share_policies())
def test_what_comes_with_vmenv_loses_less_than_drf(name: str) -> None:
    """On its own scenario, if that needs no files: ten evaluation episodes."""
    if name != "share_spells":
        pytest.skip(f"{name} is played on traces that need not be there")
    learned, drf = (vmenv.evaluate_shares(policy, name, range(10)) for policy in (name, "drf"))
    assert sum(row["steal_us"] for row in learned) < sum(row["steal_us"] for row in drf)


def test_what_is_no_trained_policy(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="there is no trained share policy 'share_spels'"):
        vmenv.load_share_policy("share_spels")
    (tmp_path / "policy.json").write_text('{"kind": "index"}')
    with pytest.raises(SpecError, match="is of kind 'index': give one of share_scorer, share_ppo, sac"):
        vmenv.load_share_policy(tmp_path)
    (tmp_path / "policy.json").write_text('{"kind": "sac"}')
    with pytest.raises(SpecError, match="is not a share policy"):
        vmenv.load_share_policy(tmp_path)
    save_file({"weigher.head.bias": np.zeros(2, np.float32)}, tmp_path / "policy.safetensors")
    with pytest.raises(SpecError, match=r"the network has no encode.embed.0.weight"):
        vmenv.load_share_policy(tmp_path)
