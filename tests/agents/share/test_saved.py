"""Trained policies of shares in files: numpy decides as torch does, those that come with vmenv play, and what is none is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import vmenv
from agents.share.nn.networks import ShareNetworkPolicy, weigher_for
from agents.share.nn.vec_env import ShareVecEnv
from agents.training.tensors import to_arrays
from vmenv.episodes.saved import save_policy
from vmenv.episodes.scenario import make_scenario
from vmenv.errors import SpecError
from vmenv.share.network import ShareNetwork

SCENARIO = make_scenario("share_spells", num_vms=5, num_slots=7, cpus=4, num_samples=12)


def test_numpy_decides_as_torch_does() -> None:
    torch.manual_seed(0)
    weigher = weigher_for(vmenv.Episodes(SCENARIO, 1).observation_space, 8)
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


@pytest.mark.parametrize("name", vmenv.list_policies("share"))
def test_what_comes_with_vmenv_loses_less_than_drf(name: str) -> None:
    """On its own scenario, if that needs no files: ten evaluation episodes."""
    if name != "share_spells":
        pytest.skip(f"{name} is played on traces that need not be there")
    learned, drf = (vmenv.evaluate(policy, name, range(10)) for policy in (name, "drf"))
    assert sum(row["steal_us"] for row in learned) < sum(row["steal_us"] for row in drf)


def test_what_is_no_trained_policy(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="there is no policy 'share_spels': did you mean 'share_spells'"):
        vmenv.load_policy("share_spels")
    (tmp_path / "policy.json").write_text('{"kind": "share_scorr"}')
    with pytest.raises(SpecError, match=r"is of kind 'share_scorr', .* did you mean 'share_scorer'"):
        vmenv.load_policy(tmp_path)
    (tmp_path / "policy.json").write_text('{"kind": "sac"}')
    with pytest.raises(SpecError, match="is not a policy of this version"):
        vmenv.load_policy(tmp_path)
    save_policy(tmp_path / "policy", {"kind": "sac"}, {"weigher.head.bias": np.zeros(2, np.float32)})
    with pytest.raises(SpecError, match=r"the network has no encode.embed.0.weight"):
        vmenv.load_policy(tmp_path)
