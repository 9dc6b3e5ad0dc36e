"""The features of a host. What each tells is said where it is declared, and stands in a table under the name of its function.

HOST: of the view of the host (`vmenv.dispatch.loop.view`) and the time scale tau. DEVICE: of the host and one of its devices. WAITING and
LOADED: of what a look at all slots, or at the last arrivals, has found (`vmenv.dispatch.loop.looks`); who writes several looks once.
"""

from __future__ import annotations

from vmenv.dispatch.features.feature import RATIO, SQUASH, Parts, Table
from vmenv.dispatch.loop.looks import Loaded, Waiting
from vmenv.dispatch.loop.view import HostView
from vmenv.host import columns as c

HOST, DEVICE, WAITING, LOADED = Table(), Table(), Table(), Table()

# --- a device ---------------------------------------------------------------------------------------------------------------------------


@DEVICE.declare("what is free of it", "millicores or KiB/s", RATIO, "capacity")
def free(host: HostView, device: int) -> Parts:
    return host.free[device], host.capacity[device]


@DEVICE.declare("what those demand of it that do not run", "millicores or KiB/s", SQUASH, "capacity")
def waiting(host: HostView, device: int) -> Parts:
    return host.mapped[device] - (host.capacity[device] - host.free[device]), host.capacity[device]


# --- the host ---------------------------------------------------------------------------------------------------------------------------


@HOST.declare("memory beside the running VMs", "MiB", RATIO, "host memory")
def memory_free(host: HostView, tau: float) -> Parts:
    return host.memory_mib - host.memory_running_mib, host.memory_mib


@HOST.declare("resident memory", "MiB", RATIO, "host memory")
def memory_resident(host: HostView, tau: float) -> Parts:
    return host.memory_resident_mib, host.memory_mib


@HOST.declare("runnable VMs", "1", SQUASH, "4")
def runnable(host: HostView, tau: float) -> Parts:
    return host.num_runnable, 4.0


@HOST.declare("running VMs", "1", SQUASH, "4")
def running(host: HostView, tau: float) -> Parts:
    return host.num_running, 4.0


@HOST.declare("VMs in the admission queue", "1", SQUASH, "4")
def queued(host: HostView, tau: float) -> Parts:
    return host.num_queued, 4.0


@HOST.declare("runnable VMs", "1", RATIO, "slots")
def runnable_of_slots(host: HostView, tau: float) -> Parts:
    return host.num_runnable, host.num_slots


@HOST.declare("running VMs", "1", RATIO, "slots")
def running_of_slots(host: HostView, tau: float) -> Parts:
    return host.num_running, host.num_slots


@HOST.declare("VMs in the admission queue", "1", SQUASH, "slots")
def queued_of_slots(host: HostView, tau: float) -> Parts:
    return host.num_queued, host.num_slots


@HOST.declare("time to the first end of a running quantum, 1 if nothing runs", "us", SQUASH, "tau")
def next_end(host: HostView, tau: float) -> Parts:
    return host.next_turn_us - host.now_us, tau


@HOST.declare("free storage", "MiB", RATIO, "pool")
def pool_free(host: HostView, tau: float) -> Parts:
    return host.pool_free_mib, max(1, host.pool_mib)


@HOST.declare("free CPU", "millicores", RATIO, "capacity")
def free_cpu(host: HostView, tau: float) -> Parts:
    return free(host, c.CPU)


@HOST.declare("what is free of the first disk", "KiB/s", RATIO, "capacity")
def free_disk(host: HostView, tau: float) -> Parts:
    return free(host, c.FIRST_DISK)


# --- what the runnable VMs demand of the CPU --------------------------------------------------------------------------------------------


@WAITING.declare("CPU demand of the runnable VMs", "millicores", SQUASH, "capacity")
def demand_cpu(host: HostView, waiting: Waiting) -> Parts:
    return waiting.total, host.capacity[c.CPU]


@WAITING.declare("largest CPU demand of a runnable VM", "millicores", RATIO, "capacity")
def largest_cpu(host: HostView, waiting: Waiting) -> Parts:
    return waiting.largest, host.capacity[c.CPU]


@WAITING.declare("runnable VMs that demand the whole CPU", "1", SQUASH, "4")
def runnable_whole(host: HostView, waiting: Waiting) -> Parts:
    return waiting.num_whole, 4.0


# --- the tenant that is loaded ----------------------------------------------------------------------------------------------------------


@LOADED.declare("runnable VMs of the tenant that is loaded", "1", SQUASH, "4")
def loaded_waiting(loaded: Loaded, tau: float) -> Parts:
    return loaded.num_runnable, 4.0


@LOADED.declare("time since the last arrival of the tenant that is loaded", "us", SQUASH, "tau")
def loaded_since(loaded: Loaded, tau: float) -> Parts:
    return loaded.last_us, tau


@LOADED.declare("time since its second last arrival", "us", SQUASH, "tau")
def loaded_since_second(loaded: Loaded, tau: float) -> Parts:
    return loaded.second_us, tau


@LOADED.declare("VMs of it that came lately, each counting (tau / (tau + its age))^2", "1", SQUASH, "4")
def loaded_lately(loaded: Loaded, tau: float) -> Parts:
    return loaded.lately, 4.0
