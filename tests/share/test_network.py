"""Trained policies of shares, refused before they give weights that are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import vmenv
from vmenv.episodes.saved import read_weights, stem_of
from vmenv.errors import SpecError
from vmenv.share.network import LAYERS, PREFIX, ShareNetwork
from vmenv.share.observation import host_features, vm_features
from vmenv.share.scorer import MOST_WEIGHT, ShareScorer, num_weights


def weights() -> dict[str, Any]:
    return {key.removeprefix(PREFIX): array for key, array in read_weights(stem_of("share_spells")).items()}


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
