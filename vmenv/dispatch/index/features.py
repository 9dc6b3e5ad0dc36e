"""What an index policy may look at: named features of a runnable VM, and of the host.

The tuples below are the names in order; `vmenv.dispatch.features` says what each tells, in which unit and how it is scaled. Tau is the
policy's time scale. No feature depends on the number of slots, so that a policy holds where there are more or fewer of them.
"""

from __future__ import annotations

from typing import Any

from vmenv.dispatch.features import host as of_host
from vmenv.dispatch.features import vm as of
from vmenv.dispatch.features.feature import places
from vmenv.dispatch.features.forms import ratio64, signed64, squash64
from vmenv.dispatch.loop.looks import count_waiting_classes, loaded_tenant, waiting_for_cpu
from vmenv.dispatch.loop.view import HostView, VmView
from vmenv.host.state import Floats
from vmenv.jit import jittable

VM_FEATURES = (
    "cpu",
    "disk",
    "net",
    "memory",
    "page_in",
    "page_out",
    "continues",
    "attained_short",
    "attained",
    "attained_long",
    "age",
    "age_long",
    "idle",
    "weight",
    "priority",
    "slack",
    "expected_left",
    "same_tenant",
    "promise",
    "snapshot",
    "compress",
    "migrate",
    "restore",
    "copying",
    "beside",
    "harm",
    "dominant",
    "slack_share",
    "partner",
)
HOST_FEATURES = (
    "memory_free",
    "memory_resident",
    "runnable",
    "running",
    "queued",
    "free_cpu",
    "free_disk",
    "demand_cpu",
    "largest_cpu",
    "runnable_whole",
    "loaded_waiting",
    "loaded_since",
    "loaded_since_second",
    "pool_free",
    "loaded_lately",
)
LEARNED_FEATURES = ("promise",)  # which need `vmenv.dispatch.loop.experience` to be kept up to date
# Which take a look at all slots, or at the last arrivals.
AROUND_FEATURES = ("loaded_waiting", "loaded_since", "loaded_since_second", "loaded_lately", "partner")

# Where the compiled code writes them.
AT, AT_HOST = places(VM_FEATURES), places(HOST_FEATURES)


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
    out[AT.cpu] = ratio64(of.cpu(vm, host, tau))
    out[AT.disk] = ratio64(of.disk(vm, host, tau))
    out[AT.net] = ratio64(of.net(vm, host, tau))
    out[AT.memory] = ratio64(of.memory(vm, host, tau))
    out[AT.page_in] = ratio64(of.page_in(vm, host, tau))
    out[AT.page_out] = ratio64(of.page_out(vm, host, tau))
    out[AT.continues] = of.continues(vm, host, tau)[0]
    out[AT.attained_short] = squash64(of.attained_short(vm, host, tau))
    out[AT.attained] = squash64(of.attained(vm, host, tau))
    out[AT.attained_long] = squash64(of.attained_long(vm, host, tau))
    out[AT.age] = squash64(of.age(vm, host, tau))
    out[AT.age_long] = squash64(of.age_long(vm, host, tau))
    out[AT.idle] = squash64(of.idle(vm, host, tau))
    out[AT.weight] = squash64(of.weight(vm, host, tau))
    out[AT.priority] = signed64(of.priority(vm, host, tau))
    out[AT.slack] = 0.0
    if vm.slo_us > 0:  # spares most VMs a division
        out[AT.slack] = signed64(of.slack(vm, host, tau))
    out[AT.expected_left] = squash64(of.expected_left(vm, host, tau))
    out[AT.same_tenant] = of.same_tenant(vm, host, tau)[0]
    out[AT.promise] = 0.0
    if learns:
        out[AT.promise] = squash64(of.promise(vm, host, tau))
    out[AT.snapshot] = of.snapshot(vm, host, tau)[0]
    out[AT.compress] = of.compress(vm, host, tau)[0]
    out[AT.migrate] = of.migrate(vm, host, tau)[0]
    out[AT.restore] = of.restore(vm, host, tau)[0]
    out[AT.copying] = of.copying(vm, host, tau)[0]
    out[AT.beside] = of.beside(vm, host, tau)[0]
    out[AT.harm] = squash64(of.harm(vm, host, tau))
    out[AT.dominant] = of.dominant(vm, host, tau)[0]
    out[AT.slack_share] = 0.0
    if vm.slo_us > 0:
        out[AT.slack_share] = signed64(of.slack_share(vm, host, tau))
    out[AT.partner] = 0.0
    if host.pairs.shape[0] > 1:
        out[AT.partner] = of.partner(vm, host, tau)[0]


@jittable
def write_host_features(host: HostView, tau: float, looks_around: bool, out: Floats) -> None:
    """Writes the features of the host.

    Args:
        host: The host.
        tau: Time scale in microseconds.
        looks_around: Whether AROUND_FEATURES are wanted, those of VMs too; without, they are 0.
        out: (len(HOST_FEATURES),) is written.
    """
    waiting = waiting_for_cpu(host)
    out[AT_HOST.memory_free] = ratio64(of_host.memory_free(host, tau))
    out[AT_HOST.memory_resident] = ratio64(of_host.memory_resident(host, tau))
    out[AT_HOST.runnable] = squash64(of_host.runnable(host, tau))
    out[AT_HOST.running] = squash64(of_host.running(host, tau))
    out[AT_HOST.queued] = squash64(of_host.queued(host, tau))
    out[AT_HOST.free_cpu] = ratio64(of_host.free_cpu(host, tau))
    out[AT_HOST.free_disk] = ratio64(of_host.free_disk(host, tau))
    out[AT_HOST.demand_cpu] = squash64(of_host.demand_cpu(host, waiting))
    out[AT_HOST.largest_cpu] = ratio64(of_host.largest_cpu(host, waiting))
    out[AT_HOST.runnable_whole] = squash64(of_host.runnable_whole(host, waiting))
    out[AT_HOST.pool_free] = ratio64(of_host.pool_free(host, tau))
    out[AT_HOST.loaded_waiting] = out[AT_HOST.loaded_since] = out[AT_HOST.loaded_since_second] = out[AT_HOST.loaded_lately] = 0.0
    if looks_around:
        if host.pairs.shape[0] > 1:
            count_waiting_classes(host)
        loaded = loaded_tenant(host, tau)
        out[AT_HOST.loaded_waiting] = squash64(of_host.loaded_waiting(loaded, tau))
        out[AT_HOST.loaded_since] = squash64(of_host.loaded_since(loaded, tau))
        out[AT_HOST.loaded_since_second] = squash64(of_host.loaded_since_second(loaded, tau))
        out[AT_HOST.loaded_lately] = squash64(of_host.loaded_lately(loaded, tau))
