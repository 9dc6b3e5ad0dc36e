"""The schedulers' orders for the reference simulator, written from their one-line rules. Utilisations are floats, as in the keys."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tests.reference.draws import Draws
from tests.reference.simulator import Reference, Vm
from vmenv.dispatch.scheduler import Scheduler


def waited(run: Reference, vm: Vm) -> int:
    """Returns the time that a VM was present without a grant."""
    return run.now - vm.arrival - vm.granted


def shares(run: Reference, vm: Vm) -> list[float]:
    """Returns the demand of a VM on each device, as a fraction of it."""
    host = run.host
    disks = [(vm.disk_demand if k == vm.disk else 0) / disk.bandwidth_kib_s for k, disk in enumerate(host.disks)]
    nics = [(vm.net_demand if k == vm.nic else 0) / nic.bandwidth_kib_s for k, nic in enumerate(host.nics)]
    return [vm.cpu / (host.cpus * 1000), *disks, *nics]


def spread(run: Reference, vm: Vm) -> float:
    """Returns the difference of the highest and the lowest utilisation after placement."""
    host = run.host
    used = [(host.cpus * 1000 - run.free("cpu") + vm.cpu) / (host.cpus * 1000)]
    for k, disk in enumerate(host.disks):
        used.append((disk.bandwidth_kib_s - run.free("disk", k) + (vm.disk_demand if k == vm.disk else 0)) / disk.bandwidth_kib_s)
    for k, nic in enumerate(host.nics):
        used.append((nic.bandwidth_kib_s - run.free("net", k) + (vm.net_demand if k == vm.nic else 0)) / nic.bandwidth_kib_s)
    return max(used) - min(used)


def level(vm: Vm, threshold: float, ratio: float, resident_first: bool) -> float:
    """Returns the MLFQ level, half a level later if it must page in."""
    k = 0
    while vm.attained >= threshold and k < 64:
        k, threshold = k + 1, threshold * ratio
    return k + (0.5 if resident_first and vm.resident == 0 else 0.0)


def seconds(vm: Vm) -> float:
    """Returns the requested time of a batch job."""
    return max(1.0, vm.estimate * 1e-6)


def processors(vm: Vm) -> float:
    """Returns its number of CPUs."""
    return max(1.0, vm.cpu / 1000.0)


def gain(run: Reference, vm: Vm) -> float:
    """Returns what is gained by granting a VM: its own progress less what it takes from those that run."""
    if run.work.contention is None:
        return 1000.0
    others = [other.vm_class for other in run.present if other.running]
    lost = sum(int(run.work.contention[vm.vm_class, other]) for other in others)
    return max(50.0, 1000.0 - lost) - sum(int(run.work.contention[other, vm.vm_class]) for other in others)


def order_of(name: str, scheduler: Scheduler, seed: int) -> Callable[[Reference, Vm], Any] | None:
    """Returns the order of a scheduler; None if nobody has written it here, as for those that compute more than a key."""
    p: Any = scheduler
    draws = Draws(seed)

    def draw(run: Reference, vm: Vm) -> float:
        return draws.uniform(vm.number, run.decisions)

    late = 2.0**62
    orders: dict[str, Callable[[Reference, Vm], Any]] = {
        "fcfs": lambda run, vm: 0,
        "tsrr": lambda run, vm: vm.place,
        "las": lambda run, vm: vm.attained,
        "srpt": lambda run, vm: vm.size - vm.attained,
        "sjf": lambda run, vm: vm.size,
        "tsp": lambda run, vm: (-(vm.priority + p.aging_per_s * 1e-6 * vm.weight * waited(run, vm)), vm.attained),
        "rap": lambda run, vm: spread(run, vm) if p.rule == "balanced" else max(shares(run, vm)) * vm.attained / vm.weight,
        "rrp": lambda run, vm: -max(shares(run, vm)) if p.order == "desc" else max(shares(run, vm)),
        "mlfq": lambda run, vm: (level(vm, p.threshold_us, p.ratio, p.resident_first), vm.place),
        "edf": lambda run, vm: vm.arrival + vm.slo if vm.slo else late,
        "llf": lambda run, vm: vm.arrival + vm.slo - run.now - (vm.size - vm.attained) if vm.slo else late,
        "wspt": lambda run, vm: -vm.weight / vm.size,
        "cmu": lambda run, vm: -vm.weight / vm.estimate if vm.estimate else 0.0,
        "f1": lambda run, vm: math.log10(seconds(vm)) * processors(vm) + 870.0 * math.log10(max(1.0, vm.arrival * 1e-6)),
        "wfp3": lambda run, vm: -((waited(run, vm) * 1e-6 / seconds(vm)) ** 3) * processors(vm),
        "unicep": lambda run, vm: -(waited(run, vm) * 1e-6) / (math.log2(max(2.0, processors(vm))) * seconds(vm)),
        "pairing": lambda run, vm: (-gain(run, vm), vm.place),
        "maintenance_last": lambda run, vm: (1 if vm.kind == 0 else 2, vm.attained if vm.kind == 0 else vm.place),
        "lottery": lambda run, vm: -math.log(draw(run, vm)) / vm.weight,
        "random": lambda run, vm: draw(run, vm),
    }
    return orders.get(name)
