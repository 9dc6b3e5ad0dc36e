"""Arrival processes have the rates, and the burstiness, of their formulas."""

from __future__ import annotations

import numpy as np
import pytest

from vmenv.workload.generators.arrivals import mmpp_arrivals, poisson_arrivals

RATES, MEANS = (6.0, 0.4), (8.0, 32.0)


def counts(arrivals_us: np.ndarray, width_s: float) -> np.ndarray:
    """Returns the arrivals in windows of this width, the last, which may be cut, left out."""
    return np.bincount((arrivals_us // int(width_s * 1e6)).astype(np.int64))[:-1]


def test_rate_and_burstiness_of_mmpp() -> None:
    """Variance / mean of the counts in long windows is 1 + 2 s1 s2 (l1 - l2)^2 / ((s1 + s2)^2 (l1 s2 + l2 s1)), s1 and s2 the rates
    at which the phases are left (Fischer and Meier-Hellstern 1993). 3,000 windows: the standard error of a ratio of variances is about 3 %.
    """
    arrivals = mmpp_arrivals(np.random.default_rng(1), 3_000_000, RATES, MEANS)
    seen = counts(arrivals, 600.0)
    (burst, quiet), (leave_burst, leave_quiet) = RATES, (1 / MEANS[0], 1 / MEANS[1])
    rate = (burst * leave_quiet + quiet * leave_burst) / (leave_burst + leave_quiet)
    dispersion = 1 + 2 * leave_burst * leave_quiet * (burst - quiet) ** 2 / (
        (leave_burst + leave_quiet) ** 2 * (burst * leave_quiet + quiet * leave_burst)
    )
    assert abs(seen.mean() / (600 * rate) - 1) < 0.02
    # In windows of length t the dispersion is smaller by the factor 1 - (1 - exp(-r t)) / (r t).
    relaxation = (leave_burst + leave_quiet) * 600
    assert abs(seen.var() / seen.mean() / (1 + (dispersion - 1) * (1 - (1 - np.exp(-relaxation)) / relaxation)) - 1) < 0.12


def test_mmpp_starts_in_equilibrium() -> None:
    """The mean number in the first two seconds is that of any two seconds: 3.04. 4,000 draws, standard error 0.07."""
    rng = np.random.default_rng(2)
    first = [(mmpp_arrivals(rng, 60, RATES, MEANS) < 2_000_000).sum() for _ in range(4_000)]
    assert abs(np.mean(first) - 2 * (0.2 * 6.0 + 0.8 * 0.4)) < 4 * np.std(first) / np.sqrt(4_000)


@pytest.mark.parametrize("rates", [(6.0, 0.0), (0.0, 6.0)])
def test_a_phase_may_be_silent(rates: tuple[float, float]) -> None:
    arrivals = mmpp_arrivals(np.random.default_rng(3), 5_000, rates, MEANS)
    assert len(arrivals) == 5_000
    assert (np.diff(arrivals) >= 0).all()
    assert np.diff(arrivals).max() > 10_000_000, "between bursts nobody comes"


def test_equal_rates_make_a_poisson_process() -> None:
    modulated = counts(mmpp_arrivals(np.random.default_rng(4), 200_000, (5.0, 5.0), MEANS), 10.0)
    plain = counts(poisson_arrivals(np.random.default_rng(5), 200_000, 5.0), 10.0)
    assert abs(modulated.mean() - plain.mean()) < 4 * np.sqrt(2 * 50 / 4_000)
    assert abs(modulated.var() / modulated.mean() - 1) < 0.1
