"""What a host is made of: frozen, validated specifications."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from vmenv.checks import LARGEST, check_integer, check_names
from vmenv.errors import SpecError

PREEMPT_MODES = ("none", "quantum", "arrival")
MAPPINGS = ("least", "rotate", "first")
PROVISIONING = ("thick", "thin")
LONGEST_US = 2**53  # of a quantum: longer than any work, so that there is none


@dataclass(frozen=True, kw_only=True)
class Disk:
    """A disk: a device of `bandwidth_kib_s` that adds `capacity_mib` to the storage pool."""

    bandwidth_kib_s: int = 100_000
    capacity_mib: int = 1_000_000

    def __post_init__(self) -> None:
        check_integer("Disk.bandwidth_kib_s", self.bandwidth_kib_s, least=1)
        check_integer("Disk.capacity_mib", self.capacity_mib)


@dataclass(frozen=True, kw_only=True)
class Nic:
    """A network interface of `bandwidth_kib_s`."""

    bandwidth_kib_s: int = 100_000

    def __post_init__(self) -> None:
        check_integer("Nic.bandwidth_kib_s", self.bandwidth_kib_s, least=1)


@dataclass(frozen=True, kw_only=True)
class Host:
    """A host.

    Args:
        cpus: Number of pCPUs; the CPU is one divisible device of 1,000 millicores each.
        memory_mib: Memory that the resident VMs share.
        disks: One or more disks.
        nics: One or more network interfaces.
        quantum_us: The service of one grant at the most (not used with preempt="none").
        switch_us: Cost of putting on a VM that was not running there just before; 0 switches the effect off.
        reload_us: Cost of a grant to a VM of another tenant than that of the host's most recent grant: what the VMs of a tenant share is
            loaded anew, and it is one tenant's at a time. The first grant of a run pays it too. 0 switches the effect off.
        swap_kib_s: Speed of paging in and out; None: paging takes no time.
        preempt: "none" (a grant runs to its phase's end), "quantum" (a grant ends after `quantum_us` of service), or
            "arrival" (as "quantum", and an arrival also ends all running grants).
        mapping: How the driver maps a VM's virtual disk and NIC to physical ones: "least" (mapped demand; ties: the lowest index), "rotate"
            (in turn, by arrival number), or "first" (always the first).
        exit_ns_per_kib: CPU time in nanoseconds that an emulated device takes for a KiB, in exits to the host. That is an assumption: 2,500
            is four exits of 2.5 us for every 4 KiB. VMs with virtio devices do not pay it. 0 switches the effect off.
        compress_kib_s: How fast a compression task works through an image on one pCPU. The default is what zstd publishes for level 1,
            510 MB/s.
        snapshots_kept: Of each VM; when one more is complete, the oldest is deleted. 0: all are kept.
        most_down_us: A migration stops the VM when copying the rest takes no longer than this; the default is QEMU's `downtime-limit`.
        resume_us: Time that a migrated VM takes to go on elsewhere.
        provisioning: "thick" (a VM takes its whole image from the pool at its admission) or "thin" (it takes space as it writes, and
            stands when there is none; `vmenv.host.provisioning`).
        rescue_us: Thin provisioning: time after which, when all VMs that are left stand for want of space, somebody adds as much as the
            first of them needs. 0: nobody does, and such a run is an error.

    Raises:
        SpecError: A value is not a whole number of the allowed size, or the mode is unknown.
    """

    cpus: int = 1
    memory_mib: int = 1024
    disks: tuple[Disk, ...] = (Disk(),)
    nics: tuple[Nic, ...] = (Nic(),)
    quantum_us: int = 10_000
    switch_us: int = 0
    reload_us: int = 0
    swap_kib_s: int | None = 100_000
    preempt: str = "quantum"
    mapping: str = "least"
    exit_ns_per_kib: int = 0
    compress_kib_s: int = 498_046
    snapshots_kept: int = 0
    most_down_us: int = 300_000
    resume_us: int = 30_000
    provisioning: str = "thick"
    rescue_us: int = 0

    def __new__(cls, *_: Any, **given: Any) -> Host:
        """Refuses what a host is not made of, with the nearest name."""
        check_names("a host", given, [field.name for field in fields(cls)])
        return super().__new__(cls)

    def __post_init__(self) -> None:
        check_integer("Host.cpus", self.cpus, least=1, most=LARGEST // 1000)
        check_integer("Host.memory_mib", self.memory_mib, least=1)
        check_integer("Host.quantum_us", self.quantum_us, least=1, most=LONGEST_US)
        check_integer("Host.switch_us", self.switch_us)
        check_integer("Host.reload_us", self.reload_us)
        if self.swap_kib_s is not None:
            check_integer("Host.swap_kib_s", self.swap_kib_s, least=1)
        check_integer("Host.exit_ns_per_kib", self.exit_ns_per_kib, most=10**6)
        check_integer("Host.compress_kib_s", self.compress_kib_s, least=1)
        for name in ("snapshots_kept", "most_down_us", "resume_us", "rescue_us"):
            check_integer(f"Host.{name}", getattr(self, name))
        for name, allowed in (("preempt", PREEMPT_MODES), ("mapping", MAPPINGS), ("provisioning", PROVISIONING)):
            if getattr(self, name) not in allowed:
                raise SpecError(f"Host.{name} is {getattr(self, name)!r}: give one of {', '.join(map(repr, allowed))}")
        for name, kind in (("disks", Disk), ("nics", Nic)):
            devices = getattr(self, name)
            if not isinstance(devices, (tuple, list)) or not devices or not all(isinstance(d, kind) for d in devices):
                raise SpecError(f"Host.{name} is {devices!r}: give a tuple of one or more vmenv.{kind.__name__}")
            object.__setattr__(self, name, tuple(devices))

    @property
    def capacities(self) -> tuple[int, ...]:
        """Capacity of every divisible device: cpu (millicores), the disks, the NICs (KiB/s)."""
        return (
            self.cpus * 1000,
            *(disk.bandwidth_kib_s for disk in self.disks),
            *(nic.bandwidth_kib_s for nic in self.nics),
        )

    @property
    def device_names(self) -> tuple[str, ...]:
        """Names of the divisible devices, in the order of `capacities`."""
        return ("cpu", *(f"disk{d}" for d in range(len(self.disks))), *(f"nic{k}" for k in range(len(self.nics))))

    @property
    def pool_mib(self) -> int:
        """Size of the storage pool: the sum of the disks' capacities."""
        return sum(disk.capacity_mib for disk in self.disks)

    def describe(self) -> dict[str, Any]:
        """Returns the specification as plain values, for run files and digests.

        What is switched off is left out, so that digests of hosts without an effect are what they were before there was such an effect.
        """
        return {
            field.name: [vars(d) for d in value] if isinstance(value := getattr(self, field.name), tuple) else value
            for field in fields(self)
            if field.name not in _LATER or getattr(self, field.name) != field.default
        }


def check_commits(preempt: str, commits: bool, reserves: bool) -> None:
    """Checks that a pick can be held until it fits: a host that pre-empts takes VMs off again, and there is nothing to hold.

    Raises:
        SpecError: The host is to commit and pre-empts, or there are to be reservations for picks that are not held.
    """
    if reserves and not commits:
        raise SpecError("reservation=True is for picks that are held: give commit=True with it")
    if not commits:
        return
    if preempt != "none":
        raise SpecError(f'commit=True holds a pick until it fits, and the host has preempt={preempt!r}: give Host(preempt="none")')


_LATER = (
    "reload_us",
    "mapping",
    "exit_ns_per_kib",
    "compress_kib_s",
    "snapshots_kept",
    "most_down_us",
    "resume_us",
    "provisioning",
    "rescue_us",
)
