"""Distances between what a trace has and what a model of it draws."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import stats

from vmenv.host.state import Floats, Ints
from vmenv.workload.generators.usage import draw_batch_times, draw_use, draw_vm, life_us_of
from vmenv.workload.model import RESOURCES, WorkloadModel
from vmenv.workload.series import Series
from vmenv.workload.table import Workload

LEAST_SAMPLES = 30  # of a VM whose autocorrelation is looked at
MOST_LENGTH = 2_500
DRAWN_VMS = 4_000


class Drawn(NamedTuple):
    """What a model has drawn: use of each VM, lifetimes, arrivals and batches."""

    used: list[Floats]
    life_us: Ints
    arrival_us: Ints
    batch: Ints


class Likeness(NamedTuple):
    """Kolmogorov-Smirnov distances D, and medians over the VMs, real and generated; None where there is nothing to compare."""

    mean_cpu: float | None
    pooled_cpu: float | None
    lag_one: tuple[float, float] | None
    follows: dict[str, tuple[float, float]]
    batches: float | None
    batch_sizes: float | None
    lives: float | None


def draw(model: WorkloadModel, real: Series, num_arrivals: int, seed: int) -> Drawn:
    """Returns VMs of a model and as many arrivals as are asked for.

    VMs are looked at for as long as they live where they come and go, and else for as long as one of the real ones.
    """
    rng = np.random.default_rng(seed)
    comes = model.laws.batches[0] > 0
    vms = [draw_vm(rng, model.laws) for _ in range(DRAWN_VMS)]
    lengths = rng.choice(real.length, DRAWN_VMS)
    if comes:
        lengths = np.array([-(-life_us_of(model.laws, vm) // model.interval_us) for vm in vms])
    lengths = np.minimum(MOST_LENGTH, lengths)
    used = [draw_use(rng, model.laws, vm, int(length), 0, model.interval_us) for vm, length in zip(vms, lengths, strict=True)]
    lives = np.array([life_us_of(model.laws, draw_vm(rng, model.laws)) for _ in range(5 * DRAWN_VMS)])
    arrivals = draw_batch_times(rng, model.laws, num_arrivals, 0, model.interval_us, 1.0) if comes else (np.zeros(0, np.int64),) * 2
    return Drawn(used, lives, *arrivals)


def compare(real: Workload, series: Series, model: WorkloadModel, seed: int = 0) -> Likeness:
    """Returns how like a workload is what a model draws; the series are the workload's."""
    made = draw(model, series, real.num_vms, seed)
    read = [series.of(vm)[:MOST_LENGTH] for vm in range(len(series.length))]
    moves = any(np.ptp(used[:, 0]) > 0 for used in read)  # else the trace says what VMs were given, not what they used
    comes = bool(len(made.arrival_us))
    return Likeness(
        mean_cpu=_distance([used[:, 0].mean() for used in read], [used[:, 0].mean() for used in made.used]) if moves else None,
        pooled_cpu=_distance(np.concatenate(read)[:, 0], np.concatenate(made.used)[:, 0]) if moves else None,
        lag_one=_pair(read, made.used, lag_one) if moves else None,
        follows=_follows(read, made.used) if moves else {},
        batches=_distance(counts_of(real.arrival_us, real.tenant, model), counts_of(made.arrival_us, made.batch, model)) if comes else None,
        batch_sizes=_distance(sizes_of(real.arrival_us, real.tenant), sizes_of(made.arrival_us, made.batch)) if comes else None,
        lives=_distance(_lives(real), made.life_us) if comes else None,
    )


def _follows(read: list[Floats], made: list[Floats]) -> dict[str, tuple[float, float]]:
    """Returns for each resource that moves within VMs its rank correlation with the CPU, real and drawn."""
    found = {}
    for k, name in enumerate(RESOURCES[1:], start=1):
        pair = _pair(read, made, functools.partial(_with_cpu, k))
        if not np.isnan(pair[0]):
            found[name] = pair
    return found


def _with_cpu(k: int, used: Floats) -> float:
    return rank_correlation(used[:, 0], used[:, k])


def _lives(work: Workload) -> Ints:
    return np.add.reduceat(work.work_us, np.cumsum(work.num_phases) - work.num_phases)


def _distance(one: Floats | list[float] | Ints, other: Floats | list[float] | Ints) -> float:
    return float(stats.ks_2samp(one, other, method="asymp").statistic)


def _pair(read: list[Floats], made: list[Floats], of: Callable[[Floats], float]) -> tuple[float, float]:
    def median(vms: list[Floats]) -> float:
        found = [of(used) for used in vms if len(used) >= LEAST_SAMPLES]
        return float(np.nanmedian(found)) if found and not np.isnan(found).all() else float("nan")

    return median(read), median(made)


def lag_one(used: Floats) -> float:
    """Returns the autocorrelation of a VM's CPU at one sample; not a number where it never changes."""
    centred = used[:, 0] - used[:, 0].mean()
    power = float(centred @ centred)
    return float(centred[1:] @ centred[:-1]) / power if power > 0 else float("nan")


def rank_correlation(one: Floats, other: Floats) -> float:
    """Returns Spearman's rank correlation; not a number where one of the two never changes."""
    if not np.ptp(one) or not np.ptp(other):
        return float("nan")
    return float(stats.spearmanr(one, other).statistic)


def counts_of(arrival_us: Ints, batch: Ints, model: WorkloadModel) -> Ints:
    """Returns how many batches came in each interval, the last of which is not whole."""
    at = np.unique(np.stack([arrival_us, batch]), axis=1)[0]
    return np.bincount((at - at.min()) // model.interval_us)[:-1]


def sizes_of(arrival_us: Ints, batch: Ints) -> Ints:
    """Returns the sizes of the batches."""
    return np.asarray(np.unique(np.stack([arrival_us, batch]), axis=1, return_counts=True)[1])
