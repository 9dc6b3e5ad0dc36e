"""VMs of a `vmenv.workload.model.WorkloadModel`: who they are, what they use over time, and when they come."""

from __future__ import annotations

import math

import numpy as np

from vmenv.host.state import Floats, Ints
from vmenv.jit import drawing
from vmenv.workload.model import CORES, FIRST_OF_RESOURCES, HOURS, LIFE_BLUR, LOG_LIFE, NODES, OF_RESOURCE, RESOURCES, Laws

HOUR_US = 3_600_000_000
NUM_RESOURCES, NUM_OF_RESOURCE = len(RESOURCES), len(OF_RESOURCE)
MEAN, IDLE, AUTO, FIRST_QUANTILE = range(NUM_OF_RESOURCE - len(NODES) + 1)
AT = np.array(NODES)


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
def busy_quantile(vm: Floats, first: int, p: float) -> float:
    """Returns the quantile at p, from 0 to 1, of what a VM uses while it is not idle, whose nodes are the attributes from `first` on."""
    k = 0
    while k < len(AT) - 2 and p >= AT[k + 1]:
        k += 1
    low, high = vm[first + k], vm[first + k + 1]
    return float(low + (high - low) * (p - AT[k]) / (AT[k + 1] - AT[k]))


@drawing
def draw_vm(rng: np.random.Generator, laws: Laws) -> Floats:
    """Returns (len(ATTRIBUTES),) a VM."""
    normal = rng.standard_normal(len(laws.blur))
    vm: Floats = laws.vms[rng.integers(0, len(laws.vms))] + laws.blur * normal
    vm[LOG_LIFE] += vm[LIFE_BLUR] * normal[LOG_LIFE]
    return vm


@drawing
def cores_of(vm: Floats) -> int:
    """Returns a VM's vCPUs."""
    return max(1, math.floor(vm[CORES] + 0.5))


@drawing
def life_us_of(laws: Laws, vm: Floats) -> int:
    """Returns how long a VM lives."""
    step = laws.life_step_us[0]
    return int(step * max(1.0, math.floor(math.exp(vm[LOG_LIFE]) / step + 0.5)))


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
        idle, auto = vm[of + IDLE], vm[of + AUTO]
        idles = normal_cdf(idle)
        level = math.exp(vm[of + MEAN]) / max(1e-12, 1.0 - idles)
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
                use = level * busy_quantile(vm, of + FIRST_QUANTILE, (normal_cdf(seen) - idles) / (1.0 - idles))
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
