"""A workload of which everything is known, and a model that was fitted to it."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import numpy as np

from vmenv.workload import Workload, WorkloadModel, fit

INTERVAL_US = 300_000_000


@functools.cache
def known_workload(num_vms: int = 60, length: int = 400) -> Workload:
    """Returns VMs whose CPU is lognormal and autoregressive, whose disk idles half of the time, and that have 1, 2 or 4 vCPUs."""
    rng = np.random.default_rng(5)
    cores = rng.choice([1, 2, 4], num_vms)
    means, spread, auto = rng.uniform(0.02, 0.3, num_vms), 0.5, 0.8
    z = rng.standard_normal((num_vms, length))
    for k in range(1, length):
        z[:, k] = auto * z[:, k - 1] + np.sqrt(1 - auto**2) * z[:, k]
    cpu = np.minimum(1.0, means[:, None] * np.exp(spread * z - spread**2 / 2))
    disk = np.where(rng.random((num_vms, length)) < 0.5, 0, rng.lognormal(5, 1, (num_vms, length)))
    columns = {name: np.zeros(num_vms, np.int64) for name in PLAIN}
    return Workload(
        arrival_us=np.zeros(num_vms, np.int64),
        num_phases=np.full(num_vms, length),
        work_us=np.full(num_vms * length, INTERVAL_US),
        cpu_millicores=np.ceil(1000 * cores[:, None] * cpu).astype(np.int64).ravel(),
        memory_mib=np.repeat(rng.integers(100, 900, num_vms), length),
        disk_kib_s=np.ceil(disk).astype(np.int64).ravel(),
        net_kib_s=np.zeros(num_vms * length, np.int64),
        **columns | {"weight": cores, "target": np.full(num_vms, -1)},
    )


PLAIN = (
    *("weight", "priority", "slo_us", "image_mib", "estimate_us", "tenant", "vm_class", "kind", "target", "dirty_kib_s"),
    *("working_set_mib", "saving_permille", "emulated"),
)


@functools.cache
def small_model() -> WorkloadModel:
    """Returns a model of VMs that are all there from the beginning."""
    return fit(known_workload())


@functools.cache
def small_model_file() -> str:
    """Returns the path of that model in a file."""
    return written(small_model())


def written(model: WorkloadModel) -> str:
    """Returns the path of a file that holds a model, and goes when the tests end."""
    file = Path(_FOLDER.name) / f"{len(list(Path(_FOLDER.name).iterdir()))}.json"
    model.save(file)
    return str(file)


_FOLDER = tempfile.TemporaryDirectory()  # removed when the process ends


@functools.cache
def coming_and_going() -> Workload:
    """Returns VMs of one phase each that come in batches of one to three, 2.5 an interval, over four days."""
    rng = np.random.default_rng(6)
    counts = rng.negative_binomial(5, 5 / (5 + 2.5), 4 * 288)
    sizes = rng.integers(1, 4, counts.sum())
    at_us = np.repeat(np.repeat(np.arange(len(counts)) * INTERVAL_US, counts), sizes)
    num_vms = int(sizes.sum())
    return Workload.from_arrays(
        arrival_us=at_us,
        work_us=np.ceil(1e6 * rng.lognormal(7, 1, num_vms)).astype(np.int64),
        cpu_millicores=rng.integers(100, 1000, num_vms),
        memory_mib=1024,
        tenant=np.repeat(np.arange(len(sizes)), sizes),
    )
