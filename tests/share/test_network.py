"""Trained policies of shares, refused before they give weights that are none."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vmenv
from vmenv.episodes.saved import read_card, read_weights, stem_of
from vmenv.errors import SpecError
from vmenv.share.network import LAYERS, PREFIX, ShareNetwork
from vmenv.share.observation import host_features, vm_features
from vmenv.share.saved import save_scorer
from vmenv.share.scorer import MOST_WEIGHT, ShareScorer, num_weights


def weights() -> dict[str, Any]:
    stem = stem_of("share_spells")
    return {key.removeprefix(PREFIX): array for key, array in read_weights(stem, read_card(stem)).items()}


def observation(host: vmenv.Host) -> dict[str, Any]:
    return {"vms": np.ones((2, 3, len(vm_features())), np.float32), "host": np.ones((2, len(host_features(host))), np.float32)}


def test_a_host_of_other_devices_than_those_trained_on() -> None:
    network = ShareNetwork(weights())
    assert network.actions(observation(vmenv.Host())).shape == (2, 3)
    with pytest.raises(SpecError, match=r"looks at \d+ features of a host, this host has \d+: train on such a host"):
        network.actions(observation(vmenv.Host(disks=(vmenv.Disk(), vmenv.Disk()))))


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_largest_weights_do_not_overflow_and_larger_ones_are_refused(sign: int) -> None:
    largest: dict[str, Any] = {name: np.full_like(array, sign * MOST_WEIGHT) for name, array in weights().items()}
    actions = ShareNetwork(largest).actions(observation(vmenv.Host()))
    assert ((actions >= 0) & (actions <= 1)).all()
    for layer in LAYERS:
        for wrong in (2 * MOST_WEIGHT, np.inf, np.nan):
            array = largest[f"{layer}.bias"].copy()
            array[-1] = sign * wrong
            with pytest.raises(SpecError, match=r"a weight is .*: weights are 10000 at most"):
                ShareNetwork(largest | {f"{layer}.bias": array})


@pytest.mark.parametrize("change", [lambda number: 2 * MOST_WEIGHT, lambda number: -2 * MOST_WEIGHT, lambda number: np.nan])
def test_a_scorer_is_checked_likewise(change: Callable[[float], float]) -> None:
    numbers = [MOST_WEIGHT] * num_weights(2)
    actions = ShareScorer(weights=tuple(numbers)).actions(observation(vmenv.Host()))
    assert ((actions >= 0) & (actions <= 1)).all()
    with pytest.raises(SpecError, match=r"a weight is .*: weights are 10000 at most"):
        ShareScorer(weights=(*numbers[:-1], change(numbers[-1])))
    with pytest.raises(SpecError, match="a scorer has 37 weights: give 12 numbers, and 13 a hidden unit"):
        ShareScorer(weights=tuple(numbers[:-1]))


def plain_actions(w: dict[str, Any], vms: np.ndarray, host: np.ndarray) -> list[float]:
    """Returns the actions of one run, a VM at a time, in float64: what the docstring of the network says."""

    def layer(name: str, values: Any) -> np.ndarray:
        return w[f"{name}.weight"].astype(float) @ np.asarray(values, float) + w[f"{name}.bias"]

    def relu(name: str, values: Any) -> np.ndarray:
        return np.maximum(layer(name, values), 0.0)

    now = vm_features().index("cpu_now")
    here = [vm for vm in vms if vm[0] == 1.0]
    embedded = [relu("encode.embed.2", relu("encode.embed.0", vm)) for vm in here]
    context = relu("encode.pool.0", [*np.mean(embedded, axis=0), *host])
    roots = []
    for vm, own in zip(here, embedded, strict=True):
        start = np.arctanh(2 * min(max(vm[now], 0.01), 0.99) - 1)
        roots.append((np.tanh(start + layer("head", relu("encode.mix.0", [*own, *context]))[0]) + 1) / 2)
    shares = iter(np.square(roots) / max(np.square(roots)))
    return [float(next(shares)) if vm[0] == 1.0 else 0.0 for vm in vms]


def test_actions_are_what_plain_arithmetic_says() -> None:
    """Of weights at random and of those that come with vmenv; slots are empty at the beginning, between VMs and at the end."""
    rng = np.random.default_rng(3)
    host = rng.random(len(host_features(vmenv.Host()))).astype(np.float32)
    vms = rng.random((7, len(vm_features()))).astype(np.float32)
    vms[:, 0] = [0, 1, 1, 0, 1, 1, 0]
    vms[vms[:, 0] == 0] = 0.0
    vms[1, vm_features().index("cpu_now")] = 0.0
    shipped = weights()
    # Scaled by the number of inputs: larger ones saturate tanh, and of 1 - tanh float32 then keeps nothing.
    drawn = {name: (rng.normal(size=array.shape) / sqrt(array.shape[-1])).astype(np.float32) for name, array in shipped.items()}
    for w in (shipped, drawn):
        actions = ShareNetwork(w).actions({"vms": vms[None], "host": host[None]})
        np.testing.assert_allclose(actions[0], plain_actions(w, vms, host), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("layer", LAYERS)
def test_layers_that_do_not_fit_together(layer: str) -> None:
    w = weights()
    wider = np.concatenate([w[f"{layer}.weight"], w[f"{layer}.weight"][:, :1]], axis=1)
    longer = np.concatenate([w[f"{layer}.weight"], w[f"{layer}.weight"][:1]])
    for wrong in (longer, *([] if layer == "encode.pool.0" else [wider]), w[f"{layer}.weight"].astype(np.float64)):
        with pytest.raises(SpecError, match=r"does not fit the others|looks at \d+ features of a VM"):
            ShareNetwork(w | {f"{layer}.weight": wrong})


def test_a_scorer_of_other_features_is_refused(tmp_path: Path) -> None:
    save_scorer(ShareScorer(weights=(0.0,) * num_weights(0)), tmp_path / "policy", {})
    assert vmenv.load_policy(tmp_path) == ShareScorer(weights=(0.0,) * num_weights(0))
    card = json.loads((tmp_path / "policy.json").read_text())
    for wrong in ({"vm_features": card["vm_features"][::-1]}, {"num_host_features": 4}):
        (tmp_path / "policy.json").write_text(json.dumps(card | wrong))
        with pytest.raises(SpecError, match=r"looks at .*, this version at .*: train again"):
            vmenv.load_policy(tmp_path)
