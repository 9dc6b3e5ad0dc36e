"""What becomes of the parts of a feature: in float32, as observations keep it, and in float64, as index policies compute with it."""

from __future__ import annotations

import numpy as np

from vmenv.dispatch.features.feature import Parts
from vmenv.jit import jittable


@jittable
def ratio32(parts: Parts) -> np.float32:
    """Returns x / y, computed as it is kept: half the time of a division in float64."""
    return np.float32(parts[0]) / np.float32(parts[1])


@jittable
def squash32(parts: Parts) -> np.float32:
    """Returns x / (x + y)."""
    x = np.float32(parts[0])
    return x / (x + np.float32(parts[1]))


@jittable
def signed32(parts: Parts) -> np.float32:
    """Returns x / (|x| + y)."""
    return np.float32(parts[0]) / np.float32(abs(parts[0]) + parts[1])


@jittable
def sides32(parts: Parts) -> tuple[np.float32, np.float32]:
    """Returns `squash32` of x and of -x, 0 for the negative one: one division serves both."""
    x = np.float32(parts[0])
    value = x / (abs(x) + np.float32(parts[1]))
    above = max(value, np.float32(0.0))  # no branch: nobody foresees which side it is
    return above, above - value


@jittable
def ratio64(parts: Parts) -> float:
    """Returns x / y."""
    return parts[0] / parts[1]


@jittable
def squash64(parts: Parts) -> float:
    """Returns x / (x + y)."""
    return parts[0] / (parts[0] + parts[1])


@jittable
def signed64(parts: Parts) -> float:
    """Returns x / (|x| + y)."""
    return parts[0] / (abs(parts[0]) + parts[1])
