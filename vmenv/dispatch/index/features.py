"""What an index policy may look at: named features of a runnable VM, and of the host.

The two tables are the whole documentation: names in order, meaning, scaling. squash(x, y) = x / (x + y) maps [0, inf) to [0, 1); tau is
the policy's time scale. No feature depends on the number of slots, so that a policy holds where there are more or fewer of them.
"""

from __future__ import annotations

from typing import Any

from vmenv.dispatch.loop.experience import learned_index
from vmenv.dispatch.loop.looks import num_runnable_of, since_arrivals, waiting_for_cpu
from vmenv.dispatch.loop.view import HostView, VmView
from vmenv.host import columns as c
from vmenv.host.pairs import learned_harm, learned_own
from vmenv.host.state import Floats
from vmenv.jit import jittable

VM_FEATURES = {
    "cpu": "CPU demand / capacity",
    "disk": "disk demand / capacity of its disk",
    "net": "network demand / capacity of its NIC",
    "memory": "memory demand / host memory",
    "page_in": "memory that its next grant pages in / host memory",
    "page_out": "memory of others that its next grant pages out / host memory",
    "continues": "1 if its grant ended at this instant: granting it again costs no switch",
    "attained_short": "squash(service so far, 0.1 tau)",
    "attained": "squash(service so far, tau)",
    "attained_long": "squash(service so far, 10 tau)",
    "age": "squash(time since arrival, tau)",
    "age_long": "squash(time since arrival, 10 tau)",
    "idle": "squash(time since its last grant ended, or since arrival, tau)",
    "weight": "squash(weight, 1)",
    "priority": "priority / (1 + |priority|)",
    "slack": "x / (|x| + tau), x being the time to its deadline; 0 without one",
    "expected_left": "squash(size that was announced - service so far, tau), 0 if none was",
    "same_tenant": "1 if its tenant is the one that is loaded: its next grant costs no reload",
    "promise": "tau g / (1 + tau g), g being the Gittins index that the run has taught of its label so far",
    "snapshot": "1 if it is the snapshot of a VM",
    "compress": "1 if it is the compression of an image",
    "migrate": "1 if it is the move of a VM to another host",
    "restore": "1 if it is the return of a VM to its snapshot",
    "copying": "1 while a snapshot of it is not complete: its writes cost copies",
    "beside": "speed that it seems to keep beside those that run, by what the run has shown; 1 alone",
    "harm": "x / (1 + x), x being the speed that those that run seem to lose to it, all together",
}
HOST_FEATURES = {
    "memory_free": "memory beside the running VMs / host memory",
    "memory_resident": "resident memory / host memory",
    "runnable": "squash(runnable VMs, 4)",
    "running": "squash(running VMs, 4)",
    "queued": "squash(VMs in the admission queue, 4)",
    "free_cpu": "free / capacity",
    "free_disk": "free / capacity of the first disk",
    "demand_cpu": "squash(CPU demand of the runnable VMs, capacity)",
    "largest_cpu": "largest CPU demand of a runnable VM / capacity",
    "runnable_whole": "squash(runnable VMs that demand the whole CPU, 4)",
    "loaded_waiting": "squash(runnable VMs of the tenant that is loaded, 4)",
    "loaded_since": "squash(time since the last arrival of the tenant that is loaded, tau)",
    "loaded_since_second": "squash(time since its second last arrival, tau)",
    "pool_free": "free storage / pool",
}
TENANT_FEATURES = ("loaded_waiting", "loaded_since", "loaded_since_second")  # which take a look at all slots and some arrivals

(
    CPU,
    DISK,
    NET,
    MEMORY,
    PAGE_IN,
    PAGE_OUT,
    CONTINUES,
    ATTAINED_SHORT,
    ATTAINED,
    ATTAINED_LONG,
    AGE,
    AGE_LONG,
    IDLE,
    WEIGHT,
    PRIORITY,
    SLACK,
    EXPECTED_LEFT,
    SAME_TENANT,
    PROMISE,
    IS_SNAPSHOT,
    IS_COMPRESS,
    IS_MIGRATE,
    IS_RESTORE,
    COPYING,
    BESIDE,
    HARM,
) = range(len(VM_FEATURES))
(
    MEMORY_FREE,
    MEMORY_RESIDENT,
    RUNNABLE,
    RUNNING,
    QUEUED,
    FREE_CPU,
    FREE_DISK,
    DEMAND_CPU,
    LARGEST_CPU,
    RUNNABLE_WHOLE,
    LOADED_WAITING,
    LOADED_SINCE,
    LOADED_SINCE_SECOND,
    POOL_FREE,
) = range(len(HOST_FEATURES))


@jittable
def squash(x: float, y: float) -> float:
    """Returns x / (x + y)."""
    return x / (x + y)


@jittable
def write_vm_features(vm: VmView, host: HostView, tau: float, learns: bool, out: Any) -> None:
    """Writes the features of a VM.

    Args:
        vm: The VM.
        host: The host.
        tau: Time scale in microseconds.
        learns: Whether `vmenv.dispatch.loop.experience` is kept up to date; without, "promise" is 0.
        out: (len(VM_FEATURES),) is written.
    """
    now, attained = host.now_us, float(vm.attained_us)
    memory, free_mib = float(host.memory_mib), host.memory_mib - host.memory_resident_mib
    since = vm.last_end_us if vm.last_end_us >= 0 else vm.arrival_us
    slack = float(vm.arrival_us + vm.slo_us - now)
    out[CPU] = vm.cpu_millicores / host.capacity[c.CPU]
    out[DISK] = vm.disk_kib_s / host.capacity[vm.disk_device]
    out[NET] = vm.net_kib_s / host.capacity[vm.nic_device]
    out[MEMORY] = vm.memory_mib / memory
    out[PAGE_IN] = vm.swapped_mib / memory
    out[PAGE_OUT] = max(0, vm.memory_mib - vm.resident_mib - free_mib) / memory
    out[CONTINUES] = 1.0 if vm.last_end_us == now else 0.0
    out[ATTAINED_SHORT] = squash(attained, 0.1 * tau)
    out[ATTAINED] = squash(attained, tau)
    out[ATTAINED_LONG] = squash(attained, 10.0 * tau)
    out[AGE] = squash(float(now - vm.arrival_us), tau)
    out[AGE_LONG] = squash(float(now - vm.arrival_us), 10.0 * tau)
    out[IDLE] = squash(float(now - since), tau)
    out[WEIGHT] = squash(float(vm.weight), 1.0)
    out[PRIORITY] = vm.priority / (1.0 + abs(vm.priority))
    out[SLACK] = slack / (abs(slack) + tau) if vm.slo_us > 0 else 0.0
    out[EXPECTED_LEFT] = squash(float(max(0, vm.estimate_us - vm.attained_us)), tau)
    out[SAME_TENANT] = 1.0 if vm.tenant == host.loaded_tenant else 0.0
    out[PROMISE] = 0.0
    if learns:
        index = learned_index(host.run_memory, vm.tenant, vm.attained_us, host.quantum_us) / host.quantum_us
        out[PROMISE] = squash(tau * index, 1.0)
    out[IS_SNAPSHOT] = 1.0 if vm.kind == c.SNAPSHOT else 0.0
    out[IS_COMPRESS] = 1.0 if vm.kind == c.COMPRESS else 0.0
    out[IS_MIGRATE] = 1.0 if vm.kind == c.MIGRATE else 0.0
    out[IS_RESTORE] = 1.0 if vm.kind == c.RESTORE else 0.0
    out[COPYING] = 1.0 if vm.copying > 0 else 0.0
    out[BESIDE] = learned_own(vm.vm_class, host) / c.FULL_RATE
    out[HARM] = squash(learned_harm(vm.vm_class, host) / c.FULL_RATE, 1.0)


@jittable
def write_host_features(host: HostView, tau: float, looks_at_tenants: bool, out: Floats) -> None:
    """Writes the features of the host.

    Args:
        host: The host.
        tau: Time scale in microseconds.
        looks_at_tenants: Whether TENANT_FEATURES are wanted; without, they are 0.
        out: (len(HOST_FEATURES),) is written.
    """
    capacity, memory, waiting = host.capacity[c.CPU], host.memory_mib, waiting_for_cpu(host)
    out[MEMORY_FREE] = (memory - host.memory_running_mib) / memory
    out[MEMORY_RESIDENT] = host.memory_resident_mib / memory
    out[RUNNABLE] = squash(float(host.num_runnable), 4.0)
    out[RUNNING] = squash(float(host.num_running), 4.0)
    out[QUEUED] = squash(float(host.num_queued), 4.0)
    out[FREE_CPU] = host.free[c.CPU] / capacity
    out[FREE_DISK] = host.free[c.FIRST_DISK] / host.capacity[c.FIRST_DISK]
    out[DEMAND_CPU] = squash(float(waiting.total), float(capacity))
    out[LARGEST_CPU] = waiting.largest / capacity
    out[RUNNABLE_WHOLE] = squash(float(waiting.num_whole), 4.0)
    out[POOL_FREE] = host.pool_free_mib / max(1, host.pool_mib)
    out[LOADED_WAITING] = out[LOADED_SINCE] = out[LOADED_SINCE_SECOND] = 0.0
    if looks_at_tenants:
        last_us, second_us = since_arrivals(host, host.loaded_tenant)
        out[LOADED_WAITING] = squash(float(num_runnable_of(host, host.loaded_tenant)), 4.0)
        out[LOADED_SINCE] = squash(last_us, tau)
        out[LOADED_SINCE_SECOND] = squash(second_us, tau)
