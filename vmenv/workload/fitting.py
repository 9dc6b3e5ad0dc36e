"""Fits a model to a workload that was read from a trace, by moments and ranks; see `vmenv.workload.model` for what is fitted."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from vmenv.errors import SpecError
from vmenv.host.state import Floats, Ints
from vmenv.workload.model import ATTRIBUTES, FIRST_OF_RESOURCES, HOURS, LOG_LIFE, OF_RESOURCE, RESOURCES, Laws, WorkloadModel
from vmenv.workload.series import Series, series_of
from vmenv.workload.table import Workload

NUM_QUANTILES = 257
MOST_KEPT = 500
NARROWER = 0.25
HOUR_US = 3_600_000_000
LEAST_DAYS = 2  # of a trace, that its hours tell something
MOST_Z = 4.0  # idle below that: always, as far as anyone will see
MOST_SPREAD, MOST_AUTOCORRELATION = 3.0, 0.999
NORMAL = NormalDist()


def fit(workload: Workload, interval_us: int | None = None) -> WorkloadModel:
    """Returns a model of a workload that `vmenv.read_trace` has read, with `weigh_by_cores=True` where the format has it.

    Args:
        workload: Read without compression.
        interval_us: The time of a sample; None: the commonest length of a phase, or 300 s where VMs have one phase each.

    Raises:
        SpecError: The workload has maintenance tasks, which no trace has, or under three VMs.
    """
    if workload.kind.any() or workload.num_vms < 3:
        raise SpecError(f"a workload of {workload.num_vms} VMs, maintenance tasks among them or not: give at least 3 VMs and no tasks")
    single = bool((workload.num_phases == 1).all())
    if single and interval_us is None:
        interval_us = 300_000_000
    series = series_of(workload, interval_us)
    life_us = np.add.reduceat(workload.work_us, np.cumsum(workload.num_phases) - workload.num_phases)
    attributes = np.array([_attributes(series, vm, life_us[vm]) for vm in range(workload.num_vms)])
    batches, arrival_hours, sizes = _arrivals(workload, series.interval_us)
    laws = Laws(
        vms=_some(attributes),
        blur=_blur(attributes),
        follows=_follows(series),
        most=series.used.max(axis=0),
        hours=_hours(series, workload.arrival_us),
        batches=batches,
        arrival_hours=arrival_hours,
        sizes=np.quantile(sizes, np.linspace(0, 1, NUM_QUANTILES)),
    )
    return WorkloadModel(series.interval_us, laws, workload.num_vms)


def _attributes(series: Series, vm: int, life_us: int) -> list[float]:
    used = series.of(vm)
    found = [float(series.cores[vm]), float(np.log(life_us))]
    for resource in range(len(RESOURCES)):
        found += _of_resource(used[:, resource])
    return found


def _of_resource(used: Floats) -> list[float]:
    """Returns OF_RESOURCE of a series: of exp(a + b z), z > z0, mean and, where it is not idle, variation are those that were seen."""
    busy = used[used > 0]
    if not len(busy):
        return [0.0, 0.0, MOST_Z, 0.0]
    idle = 1 - len(busy) / len(used)
    idle_below = float(np.clip(NORMAL.inv_cdf(idle), -MOST_Z, MOST_Z)) if idle > 0 else -MOST_Z
    variance = min(MOST_SPREAD**2, float(np.log1p(busy.var() / busy.mean() ** 2)))
    centred = used - used.mean()
    power = float(centred @ centred)
    lag = float(centred[1:] @ centred[:-1]) / power if power > 0 else 0.0
    # The autocorrelation of the lognormal series is (exp(b^2 rho) - 1) / (exp(b^2) - 1).
    rho = float(np.log1p(max(lag * np.expm1(variance), -0.99))) / variance if variance > 1e-12 else 0.0
    return [float(np.log(used.mean())), variance**0.5, idle_below, float(np.clip(rho, -MOST_AUTOCORRELATION, MOST_AUTOCORRELATION))]


def _ranks(values: Floats) -> Floats:
    """Returns the ranks of each column, equal values sharing theirs."""
    found = np.empty_like(values)
    for column in range(values.shape[1]):
        _, where, count = np.unique(values[:, column], return_inverse=True, return_counts=True)
        found[:, column] = (np.cumsum(count) - (count - 1) / 2)[where]
    return found


def _as_normal(rank_correlation: Floats) -> Floats:
    """Returns the correlations of normal numbers whose rank correlations these are (Pearson 1907)."""
    return np.asarray(2 * np.sin(np.pi / 6 * rank_correlation))


def _some(attributes: Floats) -> Floats:
    """Returns no more than MOST_KEPT of the VMs, evenly among all in the order of lifetime and, where that is equal, use."""
    order = np.lexsort((attributes[:, FIRST_OF_RESOURCES], attributes[:, LOG_LIFE]))
    return attributes[order[np.linspace(0, len(order) - 1, min(len(order), MOST_KEPT)).astype(np.int64)]]


def _blur(attributes: Floats) -> Floats:
    """Returns a part of Silverman's width for kernels of means and lifetimes; all of it would make the spread of VMs larger than it is.

    What takes few values is not blurred: lifetimes in bins, or means that are all the same.
    """
    blur = np.zeros(len(ATTRIBUTES))
    for name in ("log_life", *(f"{resource}_log_mean" for resource in RESOURCES)):
        k = ATTRIBUTES.index(name)
        if len(np.unique(attributes[:, k])) < len(attributes) / 4:
            continue
        blur[k] = NARROWER * 1.06 * attributes[:, k].std() * len(attributes) ** -0.2
    return blur


def _follows(series: Series) -> Floats:
    """Returns the median over the VMs of the correlation of each resource with the CPU."""
    found = np.full((len(series.length), len(RESOURCES)), np.nan)
    for vm in range(len(series.length)):
        used = series.of(vm)
        if len(used) < 10 or not np.ptp(used[:, 0]):
            continue
        ranks = _ranks(used)
        centred = ranks - ranks.mean(axis=0)
        spread = np.sqrt((centred**2).sum(axis=0))
        with np.errstate(invalid="ignore", divide="ignore"):
            found[vm] = centred.T @ centred[:, 0] / (spread * spread[0])
    seen = ~np.isnan(found).all(axis=0)
    follows = np.zeros(len(RESOURCES))
    follows[seen] = _as_normal(np.nanmedian(found[:, seen], axis=0))
    follows[0] = 1.0
    return np.clip(follows, -0.99, 1.0)


def _hours(series: Series, arrival_us: Ints) -> Floats:
    """Returns what the CPU does by the hour since the workload begins; all 1 where it is too short to tell."""
    start = np.repeat(arrival_us, series.length)
    first = np.repeat(np.cumsum(series.length) - series.length, series.length)
    at_us = start + (np.arange(len(start)) - first) * series.interval_us
    if series.interval_us > HOUR_US or at_us.max() < LEAST_DAYS * HOURS * HOUR_US:
        return np.ones(HOURS)
    hour = at_us // HOUR_US % HOURS
    sums = np.bincount(hour, series.used[:, 0], HOURS)
    means = sums / np.maximum(1, np.bincount(hour, minlength=HOURS))
    return np.asarray(means / means.mean()) if means.mean() > 0 else np.ones(HOURS)


def _arrivals(workload: Workload, interval_us: int) -> tuple[Floats, Floats, Floats]:
    """Returns r and p of the batches in an interval, their number by the hour / its mean, and the sizes of all batches.

    A batch is what comes at one time for one tenant. By moments: r = m^2 / (v - m), p = m / v; where the variance is no larger than the
    mean, the numbers are Poisson's, to which r = 1e6 comes as close as anyone will see.
    """
    ones = np.ones(HOURS)
    if int(np.ptp(workload.arrival_us)) < 2 * interval_us:
        return np.array([0.0, 1.0]), ones, np.ones(1)
    _, sizes = np.unique(np.stack([workload.arrival_us, workload.tenant]), axis=1, return_counts=True)
    at = np.unique(np.stack([workload.arrival_us, workload.tenant]), axis=1)[0]
    counts = np.bincount((at - at.min()) // interval_us).astype(np.float64)
    hour_of = np.arange(len(counts)) * interval_us // HOUR_US % HOURS
    hours = ones
    if len(counts) * interval_us >= LEAST_DAYS * HOURS * HOUR_US and interval_us <= HOUR_US:
        means = np.bincount(hour_of, counts, HOURS) / np.bincount(hour_of, minlength=HOURS)
        hours = means / means.mean()
    mean = float(counts.mean())
    level = hours[hour_of]
    # With a rate that the hour multiplies, v = m E[h] + (m^2 / r) E[h^2] + m^2 Var[h] over all intervals.
    excess = float(counts.var()) - mean * float(level.mean()) - mean**2 * float(level.var())
    r = mean**2 * float((level**2).mean()) / excess if excess > 1e-9 else 1e6
    r = min(r, 1e6)
    return np.array([r, r / (r + mean)]), hours, sizes.astype(np.float64)


assert len(ATTRIBUTES) == FIRST_OF_RESOURCES + len(RESOURCES) * len(OF_RESOURCE)
