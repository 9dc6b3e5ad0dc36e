"""Fits a model to a workload that was read from a trace, by moments and ranks; see `vmenv.workload.model` for what is fitted."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from vmenv.errors import SpecError
from vmenv.host.state import Floats, Ints
from vmenv.workload.copula import autocorrelation_for, correlation_for, ranks
from vmenv.workload.model import (
    ATTRIBUTES,
    FIRST_OF_RESOURCES,
    HOURS,
    LIFE_BLUR,
    LOG_LIFE,
    NODES,
    OF_RESOURCE,
    RESOURCES,
    Laws,
    WorkloadModel,
)
from vmenv.workload.series import Series, series_of
from vmenv.workload.table import Workload

NUM_QUANTILES = 257
MOST_KEPT = 500
NARROWER, GAPS = 0.1, 4.0  # the mean of a series that is drawn varies by itself
HOUR_US = 3_600_000_000
LEAST_DAYS = 2  # of a trace, that its hours tell something
LEAST_SAMPLES = 10  # of a VM whose correlations count
MOST_Z = 4.0  # idle below that: always, as far as anyone will see
CONSTANT = [1.0] * len(NODES)
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
    attributes[:, LIFE_BLUR] = _life_blur(attributes[:, LOG_LIFE])
    batches, arrival_hours, sizes = _arrivals(workload, series.interval_us)
    laws = Laws(
        vms=_some(attributes),
        blur=_blur(attributes),
        follows=_follows(series, attributes),
        most=series.used.max(axis=0),
        hours=_hours(series, workload.arrival_us),
        batches=batches,
        arrival_hours=arrival_hours,
        sizes=np.quantile(sizes, np.linspace(0, 1, NUM_QUANTILES)),
        life_step_us=np.array([float(np.gcd.reduce(life_us))]),
    )
    return WorkloadModel(series.interval_us, laws, workload.num_vms)


def _attributes(series: Series, vm: int, life_us: int) -> list[float]:
    used = series.of(vm)
    found = [float(series.cores[vm]), float(np.log(life_us)), 0.0]
    for resource in range(len(RESOURCES)):
        found += of_resource(used[:, resource])
    return found


def of_resource(used: Floats) -> list[float]:
    """Returns OF_RESOURCE of a series: mean, idleness and quantiles are those that were seen, the autocorrelation comes to what was."""
    busy = used[used > 0]
    if not len(busy):
        return [0.0, MOST_Z, 0.0, *CONSTANT]
    idle = 1 - len(busy) / len(used)
    idle_below = float(np.clip(NORMAL.inv_cdf(idle), -MOST_Z, MOST_Z)) if idle > 0 else -MOST_Z
    level = float(np.log(used.mean()))
    if not np.ptp(used):
        return [level, idle_below, 0.0, *CONSTANT]
    quantiles = np.quantile(busy, NODES)
    quantiles /= np.trapezoid(quantiles, NODES)  # so that the mean is the one that was seen
    return [level, idle_below, autocorrelation_for(quantiles, NORMAL.cdf(idle_below), used), *quantiles]


def _some(attributes: Floats) -> Floats:
    """Returns no more than MOST_KEPT of the VMs, evenly among all in the order of lifetime and, where that is equal, use."""
    order = np.lexsort((attributes[:, FIRST_OF_RESOURCES], attributes[:, LOG_LIFE]))
    return attributes[order[np.linspace(0, len(order) - 1, min(len(order), MOST_KEPT)).astype(np.int64)]]


def _blur(attributes: Floats) -> Floats:
    """Returns a part of Silverman's width for kernels of means; all of it would make the spread of VMs larger than it is.

    What takes few values is blurred by no more than some of the usual gap between neighbours, which is then 0.
    """
    blur = np.zeros(len(ATTRIBUTES))
    for resource in RESOURCES:
        k = ATTRIBUTES.index(f"{resource}_log_mean")
        blur[k] = min(_narrow(attributes[:, k]), GAPS * float(np.median(np.diff(np.sort(attributes[:, k])))))
    return blur


def _narrow(values: Floats) -> float:
    return NARROWER * 1.06 * float(values.std()) * len(values) ** -0.2


def _life_blur(log_life: Floats) -> Floats:
    """Returns for each VM how far its lifetime is blurred: half-way to its neighbours, so that bins and clusters stay what they are."""
    order = np.argsort(log_life, kind="stable")
    gaps = np.diff(log_life[order])
    own = np.empty(len(log_life))
    own[order] = 0.5 * np.minimum(np.append(gaps, np.inf), np.insert(gaps, 0, np.inf))
    return np.minimum(own, _narrow(log_life))


def _follows(series: Series, attributes: Floats) -> Floats:
    """Returns the median over the VMs of the correlation of each resource with the CPU."""
    found = np.full((len(series.length), len(RESOURCES)), np.nan)
    for vm in range(len(series.length)):
        used = series.of(vm)
        if len(used) < LEAST_SAMPLES or not np.ptp(used[:, 0]):
            continue
        laws = [_law(attributes[vm], resource) for resource in range(len(RESOURCES))]
        for resource in range(1, len(RESOURCES)):
            if np.ptp(used[:, resource]):
                seen = float(np.corrcoef(ranks(used[:, 0]), ranks(used[:, resource]))[0, 1])
                found[vm, resource] = correlation_for(laws[0], laws[resource], seen)
    seen_any = ~np.isnan(found).all(axis=0)
    follows = np.zeros(len(RESOURCES))
    follows[seen_any] = np.nanmedian(found[:, seen_any], axis=0)
    follows[0] = 1.0
    return np.clip(follows, -0.99, 1.0)


def _law(attributes: Floats, resource: int) -> tuple[Floats, float]:
    """Returns quantiles and idleness of a resource."""
    first = FIRST_OF_RESOURCES + resource * len(OF_RESOURCE)
    own = attributes[first : first + len(OF_RESOURCE)]
    return own[-len(NODES) :], NORMAL.cdf(own[OF_RESOURCE.index("idle_below")])


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
