"""Which correlations of normal numbers make those that were seen of what are functions of them.

With z and z' standard normal and correlated by rho, f(z) and g(z') have the covariance sum over k >= 1 of c_k d_k rho^k, c_k and d_k being
the coefficients of f and g at the k-th Hermite polynomial (Mehler 1866). So rho is looked up for what was seen: over time of one resource,
or between two of a VM, whose ties weaken a rank correlation.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from vmenv.host.state import Floats
from vmenv.workload.model import NODES

NUM_POINTS, NUM_TERMS = 1_024, 60
LARGEST = 0.9995
RHO = np.concatenate([np.linspace(-LARGEST, 0.9, 381), 1.0 - np.geomspace(0.1, 1.0 - LARGEST, 100)[1:]])
POWERS = RHO[:, None] ** np.arange(1, NUM_TERMS + 1)
P = (np.arange(NUM_POINTS) + 0.5) / NUM_POINTS


def _hermite() -> Floats:
    """Returns (NUM_TERMS, NUM_POINTS) the normalised Hermite polynomials from the first on at the middles of as many quantiles."""
    normal = NormalDist()
    z = np.array([normal.inv_cdf(p) for p in P])
    rows = [np.ones_like(z), z]
    for k in range(1, NUM_TERMS):
        rows.append((z * rows[k] - np.sqrt(k) * rows[k - 1]) / np.sqrt(k + 1))
    return np.array(rows[1:])


HERMITE = _hermite()


def autocorrelation_for(quantiles: Floats, idle: float, used: Floats) -> float:
    """Returns rho.

    Args:
        quantiles: (len(NODES),) of what a VM uses while it is not idle.
        idle: The part of the time in which it is.
        used: (L,) what was seen. Its autocorrelation at one sample is taken without the bias of short series, -(1 + 3 rho) / L (Kendall,
            Biometrika 41, 1954), and no nearer to 1 than what has twice the time of the series to forget.
    """
    centred = used - used.mean()
    power = float(centred @ centred)
    length = len(used)
    if not power or length < 4:
        return 0.0
    seen = float(centred[1:] @ centred[:-1]) / power
    lag = min((seen + 1 / length) / (1 - 3 / length), max(seen, 1 - 2 / length))
    parts = _coefficients(_use(quantiles, idle)) ** 2
    return _rho(parts, lag, float(parts.sum()))


def correlation_for(one: tuple[Floats, float], other: tuple[Floats, float], seen: float) -> float:
    """Returns rho.

    Args:
        one: Quantiles and idleness of one resource, as above.
        other: Those of the other.
        seen: Their rank correlation.
    """
    of_one, of_other = (_coefficients(ranks(_use(*resource))) for resource in (one, other))
    return _rho(of_one * of_other, seen, float(np.sqrt((of_one**2).sum() * (of_other**2).sum())))


def ranks(values: Floats) -> Floats:
    """Returns the ranks of (L,) values, equal ones sharing theirs."""
    _, where, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2)[where])


def _use(quantiles: Floats, idle: float) -> Floats:
    """Returns (NUM_POINTS,) f at the middles of as many quantiles of z."""
    return np.where(idle > P, 0.0, np.interp((P - idle) / max(1e-12, 1 - idle), NODES, quantiles))


def _coefficients(values: Floats) -> Floats:
    return np.asarray(HERMITE @ (values - values.mean()) / NUM_POINTS)


def _rho(parts: Floats, seen: float, scale: float) -> float:
    """Returns where the sum of parts rho^k over the scale comes nearest to what was seen; 0 where nothing moves."""
    return float(RHO[np.abs(POWERS @ parts / scale - seen).argmin()]) if scale > 0 else 0.0
