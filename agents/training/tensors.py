"""Tensors as the arrays that checkpoints hold, and back."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from vmenv.episodes.saved import Arrays


def to_arrays(tensors: Mapping[str, Tensor], prefix: str = "") -> Arrays:
    """Returns the tensors as arrays, the prefix before their names."""
    return {prefix + name: tensor.detach().cpu().numpy() for name, tensor in tensors.items()}


def to_tensors(arrays: Arrays, prefix: str = "") -> dict[str, Tensor]:
    """Returns the arrays with this prefix as tensors, without it."""
    return {name.removeprefix(prefix): torch.as_tensor(array) for name, array in arrays.items() if name.startswith(prefix)}


def optimizer_arrays(optimizer: torch.optim.Optimizer) -> Arrays:
    """Returns the optimizer's tensors under names that safetensors can hold."""
    state = optimizer.state_dict()["state"]
    return to_arrays({f"{k}.{name}": torch.as_tensor(value) for k, slot in state.items() for name, value in slot.items()})


def restore_optimizer(optimizer: torch.optim.Optimizer, arrays: Arrays) -> None:
    """Undoes `optimizer_arrays`."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in to_tensors(arrays).items():
        k, slot = name.split(".")
        state.setdefault(int(k), {})[slot] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
