"""Random streams as arrays that checkpoints hold, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vmenv.episodes.saved import Arrays

NUM_WORDS = 6  # of a generator: state and increment of PCG64, 128 bits each, and the half word that is left over
LOW = 2**64 - 1


def words_of(generator: np.random.Generator) -> NDArray[np.uint64]:
    """Returns (NUM_WORDS,) what a generator of `numpy.random.default_rng` goes on from."""
    state: Any = generator.bit_generator.state
    state_of, increment = state["state"]["state"], state["state"]["inc"]
    words = [state_of >> 64, state_of & LOW, increment >> 64, increment & LOW, state["has_uint32"], state["uinteger"]]
    return np.array(words, np.uint64)


def generator_of(words: NDArray[np.uint64]) -> np.random.Generator:
    """Undoes `words_of`."""
    high, low, high_increment, low_increment, has_half, half = (int(word) for word in words)
    generator = np.random.default_rng(0)
    generator.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": high << 64 | low, "inc": high_increment << 64 | low_increment},
        "has_uint32": has_half,
        "uinteger": half,
    }
    return generator


def global_streams() -> Arrays:
    """Returns where the streams stand that SB3 draws from: those of torch and of numpy's functions."""
    name, keys, position, has_gauss, gauss = np.random.get_state(legacy=True)
    rest = np.array([position, has_gauss, gauss], np.float64)
    return {"torch": torch.get_rng_state().numpy(), f"numpy.{name}": np.asarray(keys), "numpy.rest": rest}


def set_global_streams(streams: Arrays) -> None:
    """Undoes `global_streams`."""
    torch.set_rng_state(torch.as_tensor(streams["torch"]))
    position, has_gauss, gauss = streams["numpy.rest"].tolist()
    np.random.set_state(("MT19937", streams["numpy.MT19937"], int(position), int(has_gauss), gauss))
