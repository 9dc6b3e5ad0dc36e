"""The comparison of an interval with an exact number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.theory.queues import Verdict, note

FALSE_ALARM = 1e-4  # of one comparison; with 100 comparisons a suite that is right fails for 1 of 100 choices of seeds, and they are fixed


@pytest.fixture
def compare() -> Callable[..., None]:
    """Returns the comparison of samples, one a replication, with an exact value.

    It fails if the exact value lies outside the t interval (false alarm FALSE_ALARM) widened by `bias` of the value, or if the interval
    is wider than `precision` of the value, so that it could hide an error.
    """

    def check(
        law: str, expected: float, samples: Any, *, source: str, topic: str, vms: int, bias: float = 0.002, precision: float = 0.05
    ) -> None:
        values = np.asarray(samples, np.float64)
        quantile = stats.t.ppf(1.0 - FALSE_ALARM / 2.0, len(values) - 1)
        half_width = float(quantile * values.std(ddof=1) / np.sqrt(len(values)))
        mean = float(values.mean())
        holds = bool(abs(mean - expected) <= half_width + bias * abs(expected) and half_width <= precision * abs(expected))
        note(Verdict(topic, law, source, float(expected), mean, half_width, holds, vms))
        assert half_width <= precision * abs(expected), f"{law}: the interval {mean} +- {half_width} is too wide to tell anything"
        assert holds, f"{law}: expected {expected}, simulated {mean} +- {half_width}"

    return check
