"""What the search compares candidates by."""

from __future__ import annotations

import numpy as np

from agents.search import log_costs


def test_costs_that_are_nothing_have_a_logarithm() -> None:
    """Beside a cost of 2 nothing counts as a hundredth of the mean 1; where nobody costs anything all are equal."""
    costs = np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 5.0]])
    np.testing.assert_allclose(np.exp(log_costs(costs)), [[2.0, 1.0, 3.0], [0.01, 1.0, 5.0]])
