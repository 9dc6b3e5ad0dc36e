"""The network that `share_ppo` and `sac` train, in numpy: it decides without torch. Every VM goes through the same weights.

Each VM is embedded; the mean over those present and the host's features make a context; both give what is added to the root of the VM's
last demand, before tanh. Training is `agents.share.nn.networks.Weigher`, with the same names; numpy and torch round differently in the last
digits, so that results are those of this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmenv.episodes.policy import Observation
from vmenv.errors import SpecError
from vmenv.share.observation import vm_features
from vmenv.share.scheduler import to_actions
from vmenv.share.scorer import check_size

NOW = vm_features().index("cpu_now")
LEAST, MOST = 0.01, 0.99  # of a root: further out tanh has no slope
LAYERS = ("encode.embed.0", "encode.embed.2", "encode.pool.0", "encode.mix.0", "head")
PREFIX = "weigher."  # of the names in a file

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class ShareNetwork:
    """A trained network.

    Args:
        weights: For each of LAYERS "<layer>.weight" (outputs, inputs) and "<layer>.bias" (outputs,), float32.

    Raises:
        SpecError: A layer is missing, looks at other features than this version observes, or holds numbers that no training leads to.
    """

    weights: Mapping[str, Array]

    def __post_init__(self) -> None:
        missing = [name for layer in LAYERS for name in (f"{layer}.weight", f"{layer}.bias") if name not in self.weights]
        if missing:
            raise SpecError(f"the network has no {missing[0]}: train it with this version")
        first = self.weights["encode.embed.0.weight"]
        seen, features = first.shape[-1] if first.ndim else 0, len(vm_features())
        if seen != features:
            raise SpecError(f"the network looks at {seen} features of a VM, this version observes {features}: train again")
        self._check_shapes(len(first))
        check_size(*(self.weights[f"{layer}.{part}"] for layer in LAYERS for part in ("weight", "bias")))

    def _check_shapes(self, width: int) -> None:
        """Checks that the layers fit together; how many features of the host there are, the host says.

        Raises:
            SpecError: They do not.
        """
        inputs = {"encode.embed.0": len(vm_features()), "encode.embed.2": width, "encode.mix.0": 2 * width, "head": width}
        for layer in LAYERS:
            weight, bias = self.weights[f"{layer}.weight"], self.weights[f"{layer}.bias"]
            outputs = 2 if layer == "head" else width
            expected = inputs.get(layer, weight.shape[-1] if weight.ndim else 0)
            if weight.shape != (outputs, expected) or bias.shape != (outputs,) or {weight.dtype, bias.dtype} != {np.dtype(np.float32)}:
                raise SpecError(f"the network's {layer} is {weight.shape} and {bias.shape}, which does not fit the others: train again")

    def actions(self, observation: Observation) -> Array:
        """Returns (B, S) actions.

        Raises:
            SpecError: The host has other devices, so other features, than the one that the network was trained on.
        """
        vms, host = observation["vms"], observation["host"]
        trained_on = self.weights["encode.pool.0.weight"].shape[1] - len(self.weights["head.weight"][0])
        if host.shape[1] != trained_on:
            raise SpecError(f"the network looks at {trained_on} features of a host, this host has {host.shape[1]}: train on such a host")
        present = vms[:, :, :1]
        embedded = self._relu("encode.embed.2", self._relu("encode.embed.0", vms)) * present
        mean = embedded.sum(axis=1) / np.maximum(present.sum(axis=1), 1.0)
        context = self._relu("encode.pool.0", np.concatenate([mean, host], axis=1))
        beside = np.broadcast_to(context[:, None, :], (*vms.shape[:2], context.shape[1]))
        mixed = self._relu("encode.mix.0", np.concatenate([embedded, beside], axis=2))
        start = np.arctanh(2.0 * np.clip(vms[:, :, NOW], LEAST, MOST) - 1.0)
        roots = (np.tanh(start + self._linear("head", mixed)[:, :, 0]) + 1.0) / 2.0
        return to_actions(roots.astype(np.float64) ** 2 * present[:, :, 0])

    def _linear(self, layer: str, values: Array) -> Array:
        product: Array = values @ self.weights[f"{layer}.weight"].T + self.weights[f"{layer}.bias"]
        return product

    def _relu(self, layer: str, values: Array) -> Array:
        return np.maximum(self._linear(layer, values), 0.0)
