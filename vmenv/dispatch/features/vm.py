"""The features of a VM. Each function takes the views of the VM and of the host (`vmenv.dispatch.loop.view`) and the time scale tau.

What each tells is said where it is declared, and stands in `VM` under the name of its function.
"""

from __future__ import annotations

from vmenv.dispatch.features.feature import FLAG, PLAIN, RATIO, SIGNED, SQUASH, Feature, Parts, Table
from vmenv.dispatch.loop.experience import learned_index, num_seen
from vmenv.dispatch.loop.looks import MOST_CLASSES, WAITING_CLASSES
from vmenv.dispatch.loop.view import HostView, VmView
from vmenv.host import columns as c
from vmenv.host.pairs import learned_harm, learned_own, learned_pair
from vmenv.jit import jittable

VM = Table()
VM.enter(Feature("present", "a VM is in the slot", "1", FLAG, "", None))
VM.enter(Feature("fits", "it can be granted now", "1", FLAG, "", None))  # what the mask of legal actions says

# --- what it is doing -------------------------------------------------------------------------------------------------------------------


@VM.declare("it runs", "1", FLAG)
def running(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.running, 1


@VM.declare("its grant ended at this instant: granting it again costs no switch", "1", FLAG)
def continues(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.last_end_us == host.now_us, 1


@VM.declare("a snapshot of it is not complete: its writes cost copies", "1", FLAG)
def copying(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.copying > 0, 1


@VM.declare("its tenant is the one loaded: granting it costs no reload", "1", FLAG)
def same_tenant(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.tenant == host.loaded_tenant, 1


# --- times ------------------------------------------------------------------------------------------------------------------------------


@VM.declare("time since arrival", "us", SQUASH, "tau")
def age(vm: VmView, host: HostView, tau: float) -> Parts:
    return host.now_us - vm.arrival_us, tau


@VM.declare("time since arrival", "us", SQUASH, "10 tau")
def age_long(vm: VmView, host: HostView, tau: float) -> Parts:
    return host.now_us - vm.arrival_us, 10.0 * tau


@jittable
def past_turn(vm: VmView, host: HostView, tau: float) -> Parts:
    """Returns the parts of `idle`, and with the other sign those of `grant_left`: a turn lies behind who waits, and before who runs."""
    return host.now_us - vm.turn_us, tau


@VM.declare("time since its last grant ended, or since arrival; 0 while it runs", "us", SQUASH, "tau")
def idle(vm: VmView, host: HostView, tau: float) -> Parts:
    return max(0, host.now_us - vm.turn_us), tau


@VM.declare("time to the end of its quantum, 0 unless it runs; it may be done sooner, which is hidden", "us", SQUASH, "tau")
def grant_left(vm: VmView, host: HostView, tau: float) -> Parts:
    return max(0, vm.turn_us - host.now_us), tau


@VM.declare("start cost of a grant now, without paging others out; 0 while it runs", "us", SQUASH, "0.1 tau")
def start(vm: VmView, host: HostView, tau: float) -> Parts:
    return 0 if vm.running else vm.start_us, 0.1 * tau


@VM.declare("time to its deadline, 0 without one", "us", SIGNED, "tau")
def slack(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.arrival_us + vm.slo_us - host.now_us if vm.slo_us > 0 else 0, tau


@VM.declare("time to its deadline, 0 without one", "us", SIGNED, "time that it was promised")
def slack_share(vm: VmView, host: HostView, tau: float) -> Parts:
    return slack(vm, host, tau)[0], max(1, vm.slo_us)


# --- service and work -------------------------------------------------------------------------------------------------------------------


@VM.declare("service so far", "us", SQUASH, "0.1 tau")
def attained_short(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.attained_us, 0.1 * tau


@VM.declare("service so far", "us", SQUASH, "tau")
def attained(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.attained_us, tau


@VM.declare("service so far", "us", SQUASH, "10 tau")
def attained_long(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.attained_us, 10.0 * tau


@VM.declare("CLAIRVOYANT: work left", "us", SQUASH, "tau")
def left(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.size_us - vm.attained_us, tau


@VM.declare("CLAIRVOYANT: work left", "us", SQUASH, "10 tau")
def left_long(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.size_us - vm.attained_us, 10.0 * tau


@VM.declare("size that was announced - service so far, 0 if none was", "us", SQUASH, "tau")
def expected_left(vm: VmView, host: HostView, tau: float) -> Parts:
    return max(0, vm.estimate_us - vm.attained_us), tau


@VM.declare("VMs of its label that have come to their end in the run; labels are tenants modulo 4", "1", SQUASH, "4")
def seen(vm: VmView, host: HostView, tau: float) -> Parts:
    return num_seen(host.run_memory, vm.tenant), 4.0


@VM.declare("tau g, g being the Gittins index that the run has taught of its label, of VMs of its service", "1", SQUASH, "1")
def promise(vm: VmView, host: HostView, tau: float) -> Parts:
    return tau * (learned_index(host.run_memory, vm.tenant, vm.attained_us, host.quantum_us) / host.quantum_us), 1.0


# --- demands ----------------------------------------------------------------------------------------------------------------------------


@VM.declare("CPU demand", "millicores", RATIO, "capacity")
def cpu(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.cpu_millicores, host.capacity[c.CPU]


@VM.declare("disk demand", "KiB/s", RATIO, "capacity of its disk")
def disk(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.disk_kib_s, host.capacity[vm.disk_device]


@VM.declare("network demand", "KiB/s", RATIO, "capacity of its NIC")
def net(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.net_kib_s, host.capacity[vm.nic_device]


@VM.declare("memory demand", "MiB", RATIO, "host memory")
def memory(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.memory_mib, host.memory_mib


@VM.declare("largest of its demands of CPU, disk, network and memory", "of capacity", PLAIN)
def dominant(vm: VmView, host: HostView, tau: float) -> Parts:
    of_cpu, of_disk = vm.cpu_millicores / host.capacity[c.CPU], vm.disk_kib_s / host.capacity[vm.disk_device]
    return max(max(of_cpu, of_disk), max(vm.net_kib_s / host.capacity[vm.nic_device], vm.memory_mib / host.memory_mib)), 1.0


@VM.declare("resident memory", "MiB", RATIO, "host memory")
def resident(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.resident_mib, host.memory_mib


@VM.declare("memory that its next grant pages in", "MiB", RATIO, "host memory")
def page_in(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.swapped_mib, host.memory_mib


@VM.declare("memory of others that its next grant pages out", "MiB", RATIO, "host memory")
def page_out(vm: VmView, host: HostView, tau: float) -> Parts:
    free_mib = host.memory_mib - host.memory_resident_mib
    return max(0, vm.memory_mib - vm.resident_mib - free_mib), host.memory_mib


# --- what it is -------------------------------------------------------------------------------------------------------------------------


@VM.declare("weight", "1", SQUASH, "1")
def weight(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.weight, 1.0


@VM.declare("priority", "1", SIGNED, "1")
def priority(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.priority, 1.0


@VM.declare("it is no VM but the snapshot of one", "1", FLAG)
def snapshot(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.kind == c.SNAPSHOT, 1


@VM.declare("it is no VM but the compression of an image", "1", FLAG)
def compress(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.kind == c.COMPRESS, 1


@VM.declare("it is no VM but the move of one to another host", "1", FLAG)
def migrate(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.kind == c.MIGRATE, 1


@VM.declare("it is no VM but the return of one to its snapshot", "1", FLAG)
def restore(vm: VmView, host: HostView, tau: float) -> Parts:
    return vm.kind == c.RESTORE, 1


# --- neighbours -------------------------------------------------------------------------------------------------------------------------


@VM.declare("speed that it seems to keep beside those that run, by what the run has shown of contention; 1 without", "of full speed", PLAIN)
def beside(vm: VmView, host: HostView, tau: float) -> Parts:
    return learned_own(vm.vm_class, host) / c.FULL_RATE, 1.0


@VM.declare("speed that those that run seem to lose to it, all together; 0 without", "of full speed", SQUASH, "1")
def harm(vm: VmView, host: HostView, tau: float) -> Parts:
    return learned_harm(vm.vm_class, host) / c.FULL_RATE, 1.0


@VM.declare(
    "what it would seem to get done together with the best of the other VMs that wait, beyond what one gets done alone; 0 without",
    "of full speed",
    PLAIN,
)
def partner(vm: VmView, host: HostView, tau: float) -> Parts:
    best, found = 0.0, False
    for other in range(min(host.pairs.shape[0], MOST_CLASSES)):
        mine = 1.0 if other == vm.vm_class and not vm.running else 0.0
        if host.run_memory[WAITING_CLASSES + other] > mine:
            together = learned_pair(vm.vm_class, other, host) / c.FULL_RATE
            best = max(best, together) if found else together
            found = True
    return best, 1.0
