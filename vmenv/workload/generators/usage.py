"""VMs of a `vmenv.workload.model.WorkloadModel`: who they are, what they use over time, and when they come."""

from __future__ import annotations

import math

import numpy as np

from vmenv.host.state import Floats, Ints
from vmenv.jit import drawing
from vmenv.workload.model import CORES, FIRST_OF_RESOURCES, HOURS, LOG_LIFE, OF_RESOURCE, RESOURCES, Laws

HOUR_US = 3_600_000_000
NUM_RESOURCES, NUM_OF_RESOURCE = len(RESOURCES), len(OF_RESOURCE)
MEAN, SPREAD, IDLE, AUTO = range(NUM_OF_RESOURCE)


@drawing
def normal_cdf(z: float) -> float:
    """Returns the probability that a standard normal number is below z."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


@drawing
def quantile_at(table: Floats, u: float) -> float:
    """Returns the quantile at u, from 0 to 1, between those of a table by interpolation."""
    place = min(max(u, 0.0), 1.0) * (len(table) - 1)
    k = min(int(place), len(table) - 2)
    return float(table[k] + (place - k) * (table[k + 1] - table[k]))


@drawing
def draw_vm(rng: np.random.Generator, laws: Laws) -> Floats:
    """Returns (len(ATTRIBUTES),) a VM."""
    blurred: Floats = laws.blur * rng.standard_normal(len(laws.blur))
    vm: Floats = laws.vms[rng.integers(0, len(laws.vms))] + blurred
    return vm


@drawing
def cores_of(vm: Floats) -> int:
    """Returns a VM's vCPUs."""
    return max(1, math.floor(vm[CORES] + 0.5))


@drawing
def life_us_of(vm: Floats) -> int:
    """Returns how long a VM lives."""
    return math.floor(math.exp(vm[LOG_LIFE]) + 0.5)


@drawing
def draw_use(rng: np.random.Generator, laws: Laws, vm: Floats, length: int, from_us: int, interval_us: int) -> Floats:
    """Returns (length, 4) what a VM uses: CPU as a part of its vCPUs, memory in MiB, disk and network in KiB/s.

    Args:
        rng: Source of randomness.
        laws: The model.
        vm: The VM, as `draw_vm` returns it.
        length: Samples.
        from_us: When it begins, since the beginning of a day.
        interval_us: The time of a sample.
    """
    used = np.zeros((length, NUM_RESOURCES))
    leads = np.zeros(length)
    for resource in range(NUM_RESOURCES):
        of = FIRST_OF_RESOURCES + resource * NUM_OF_RESOURCE
        spread, idle, auto = vm[of + SPREAD], vm[of + IDLE], vm[of + AUTO]
        level = vm[of + MEAN] - 0.5 * spread * spread - math.log(max(1e-12, normal_cdf(spread - idle)))
        follows = laws.follows[resource] if resource > 0 else 0.0
        own, new = math.sqrt(max(0.0, 1.0 - follows * follows)), math.sqrt(max(0.0, 1.0 - auto * auto))
        noise = rng.standard_normal(length)
        z = 0.0
        for k in range(length):
            z = float(noise[k] if k == 0 else auto * z + new * noise[k])
            seen = z if resource == 0 else follows * leads[k] + own * z
            if resource == 0:
                leads[k] = z
            if seen > idle:
                use = math.exp(level + spread * seen)
                if resource == 0:
                    use *= laws.hours[int((from_us + k * interval_us) // HOUR_US % HOURS)]
                used[k, resource] = min(use, laws.most[resource])
    return used


@drawing
def draw_batch_times(
    rng: np.random.Generator, laws: Laws, num_vms: int, from_us: int, interval_us: int, faster: float
) -> tuple[Ints, Ints]:
    """Returns (num_vms,) arrival times since `from_us`, and the number of each VM's batch. Batches come anywhere in their interval.

    Source: the numbers of batches are negative binomial as those of Azure are: a Poisson number whose mean is a gamma number.

    Args:
        rng: Source of randomness.
        laws: The model.
        num_vms: How many VMs come.
        from_us: When the first interval begins, since the beginning of a day.
        interval_us: Of the counts.
        faster: Batches / those of the model.
    """
    arrival_us, batch = np.zeros(num_vms, np.int64), np.zeros(num_vms, np.int64)
    r, p = laws.batches[0], laws.batches[1]
    number = come = interval = 0
    while come < num_vms:
        hour = int((from_us + interval * interval_us) // HOUR_US % HOURS)
        mean = faster * laws.arrival_hours[hour] * r * (1.0 - p) / p
        for _ in range(rng.poisson(mean * rng.standard_gamma(r) / r)):
            size = max(1, math.floor(quantile_at(laws.sizes, rng.random())))
            at_us = interval * interval_us + int(rng.random() * interval_us)
            for _ in range(size):
                if come < num_vms:
                    arrival_us[come], batch[come] = at_us, number
                    come += 1
            number += 1
        interval += 1
    return arrival_us, batch
