"""The model once more, in plain Python objects: slow, obvious, and written from the description of the model, not from the kernel.

It shares nothing with `vmenv.host` but the specification classes, and the integer form of W (1 - exp(-w t / W)), which has tests of its
own. Where the two disagree, one of them is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vmenv.host.spec import Host
from vmenv.host.writes import dirtied_kib
from vmenv.workload import Workload


@dataclass
class Vm:
    """A VM and what became of it."""

    number: int  # in order of arrival
    index: int  # in the workload
    arrival: int
    weight: int
    priority: int
    image: int
    slo: int
    estimate: int
    tenant: int
    vm_class: int
    kind: int  # 0: a VM, 1: snapshot, 2: compression
    target: int  # index in the workload
    dirty: int
    working_set: int
    saving: int
    emulated: int
    phases: list[tuple[int, int, int, int, int]]  # work, cpu, memory, disk, net
    size: int = 0
    disk: int = -1
    nic: int = -1
    phase: int = 0
    left: int = 0
    attained: int = 0
    resident: int = 0
    swapped: int = 0
    debt: int = 0
    running: bool = False
    start: int = 0
    service: int = 0
    end: int = 0
    last_end: int | None = None
    place: int = 0
    granted: int = 0
    overhead: int = 0
    grants: int = 0
    switches: int = 0
    paged_in: int = 0
    admission: int = -1
    completion: int = -1
    turn: int | None = None
    since: int = 0
    rate: int = 1000
    thousandths: int = 0  # of a microsecond, got done and not yet counted
    contended: int = 0
    held: int = 0  # of the pool
    snapshots: list[Vm] = field(default_factory=list)  # complete ones, oldest first
    pending: list[Vm] = field(default_factory=list)  # those under way
    snapshot_at: int = 0
    copied: int = 0
    copying: int = 0
    stored: int = 0
    exits: int = 0  # nanoseconds a KiB
    leaving: bool = False
    taken: int = 0  # thin: what it has taken for what it has written to
    short: int = 0  # thin: what it stands for
    kept_at: int = 0  # its service when its newest complete snapshot was taken
    taken_at: int = 0  # of a snapshot: its VM's service then
    back: int | None = None  # of a restore that has begun: where its VM goes back to
    lost: int = 0
    stopped: int = 0  # running number, if a restore ended its last grant after the ends of that instant

    @property
    def cpu(self) -> int:
        return self.phases[self.phase][1] + -(-self.exits * (self.disk_demand + self.net_demand) // 1_000_000)

    def written(self, further: int = 0) -> int:
        """Returns what it has written to since its last snapshot, in KiB, after some more service."""
        return dirtied_kib(self.working_set, self.dirty, self.attained - self.snapshot_at + further)

    @property
    def memory(self) -> int:
        return self.phases[self.phase][2]

    @property
    def disk_demand(self) -> int:
        return self.phases[self.phase][3]

    @property
    def net_demand(self) -> int:
        return self.phases[self.phase][4]


@dataclass
class Reference:
    """One run. `order` sorts the runnable VMs: a function of (reference, vm); ties by number."""

    host: Host
    work: Workload
    order: Callable[[Reference, Vm], Any]
    backfill: bool = True
    num_slots: int | None = None
    horizon: int | None = None
    commit: bool = False
    reservation: bool = False
    committed: Vm | None = None
    reserved: float = 0  # when the pick that is held can start
    waited: int = -1  # the last instant at which somebody waited already
    now: int = 0
    stuck: bool = False
    decisions: int = 0
    places: int = 0
    added: int = 0  # to the pool
    stops: int = 0
    loaded: int | None = None  # tenant whose shared working set the host has
    coming: list[Vm] = field(default_factory=list)
    queue: list[Vm] = field(default_factory=list)
    present: list[Vm] = field(default_factory=list)
    log: list[tuple[int, int, int, int]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)  # which rules of the model this run exercised

    def __post_init__(self) -> None:
        arrivals = sorted(range(self.work.num_vms), key=lambda i: (int(self.work.arrival_us[i]), i))
        for number, i in enumerate(arrivals):
            first = int(self.work.first_phase[i])
            names = ("work_us", "cpu_millicores", "memory_mib", "disk_kib_s", "net_kib_s")
            rows = [tuple(int(getattr(self.work, name)[p]) for name in names) for p in range(first, first + int(self.work.num_phases[i]))]
            names = ("arrival_us", "weight", "priority", "image_mib", "slo_us", "estimate_us", "tenant", "vm_class", "kind", "target")
            names += ("dirty_kib_s", "working_set_mib", "saving_permille", "emulated")
            columns = (int(getattr(self.work, name)[i]) for name in names)
            vm = Vm(number, i, *columns, phases=rows)
            vm.size = sum(row[0] for row in rows)
            vm.left = rows[0][0]
            vm.exits = self.host.exit_ns_per_kib if vm.emulated else 0
            self.coming.append(vm)
        self.everyone = list(self.coming)

    # --- what is free ---

    def free(self, device: str, k: int = 0) -> int:
        """Returns what the running VMs leave of a device."""
        running = [vm for vm in self.present if vm.running]
        if device == "cpu":
            return self.host.cpus * 1000 - sum(vm.cpu for vm in running)
        if device == "disk":
            return self.host.disks[k].bandwidth_kib_s - sum(vm.disk_demand for vm in running if vm.disk == k)
        return self.host.nics[k].bandwidth_kib_s - sum(vm.net_demand for vm in running if vm.nic == k)

    def fits(self, vm: Vm) -> bool:
        """Returns whether the whole demand is free and the memory has room beside the running VMs."""
        beside = sum(other.memory for other in self.present if other.running)
        return (
            vm.cpu <= self.free("cpu")
            and vm.disk_demand <= self.free("disk", vm.disk)
            and vm.net_demand <= self.free("net", vm.nic)
            and beside + vm.memory <= self.host.memory_mib
        )

    # --- the loop ---

    def play(self) -> Reference:
        """Plays the run to its end."""
        while self.coming or self.queue or self.present:
            candidates = [vm for vm in self.present if not vm.running and not vm.leaving and not vm.short]
            candidates.sort(key=lambda vm: (self.order(self, vm), vm.number))
            fitting = [vm for vm in candidates if self.fits(vm)]
            if self.commit:
                if not self.hold(candidates):
                    break
                continue
            if fitting and (self.backfill or candidates[0] is fitting[0]):
                self.grant(fitting[0])
                continue
            if fitting:
                self.decisions += 1  # it could grant something, and waits on purpose
                self.seen.add("blocked head")
            if not self.advance():
                break
        return self

    def hold(self, candidates: list[Vm]) -> bool:
        """Grants the pick that is held, or lets time pass until it fits; False at the horizon."""
        if self.committed not in candidates:  # there was none, or it has been stopped
            self.committed = None
        if candidates and self.committed is None:
            self.committed = candidates[0] if self.waited == self.now else min(candidates, key=lambda vm: vm.number)
            self.seen |= {"the first to come"} if self.committed is not candidates[0] else set()
            self.reserved = self.expected_start(self.committed)
        if self.committed is not None and self.fits(self.committed):
            self.grant(self.committed)
            self.committed = None
            return True
        if self.committed is not None and self.reservation:
            for vm in sorted(candidates, key=lambda vm: vm.number):
                if vm is not self.committed and vm.estimate and self.now + vm.estimate < self.reserved and self.fits(vm):
                    self.grant(vm)
                    self.seen.add("went past the pick")
                    return True
        self.seen |= {"held pick overtaken"} if self.committed not in (None, candidates[0] if candidates else None) else set()
        if not self.advance():
            return False
        self.waited = self.now if candidates else self.waited
        return True

    def expected_start(self, pick: Vm) -> float:
        """Returns when the running will have left enough CPU for it, if each ends when it had asked for."""
        ends = sorted((vm.start + vm.estimate - vm.attained if vm.estimate else math.inf, vm.cpu) for vm in self.present if vm.running)
        free, at = self.free("cpu"), -math.inf
        for end, cpu in ends:
            if free >= pick.cpu:
                break
            free, at = free + cpu, end
        return at

    def grant(self, vm: Vm) -> None:
        """Puts a VM on."""
        if vm.kind == 4 and vm.grants == 0:
            self.stop_for(vm)
        cost = vm.debt
        if vm.debt:
            self.seen.add("debt")
        if vm.last_end != self.now:
            cost += self.host.switch_us
            vm.switches += 1
        if vm.tenant != self.loaded:
            cost += self.host.reload_us
            self.loaded = vm.tenant
            self.seen |= {"reload"} if self.host.reload_us else set()
        moved = 0
        while sum(other.resident for other in self.present if other is not vm) + vm.memory > self.host.memory_mib:
            idle = [other for other in self.present if other.resident and not other.running and other is not vm]
            victim = min(idle, key=lambda other: (other.last_end, other.stopped, other.number))
            moved += victim.resident
            victim.swapped, victim.resident = victim.resident, 0
            self.seen.add("page out")
        moved += vm.swapped
        vm.paged_in += vm.swapped
        vm.swapped, vm.resident = 0, vm.memory
        if self.host.swap_kib_s is not None:
            cost += -(-moved * 1024 * 1_000_000 // self.host.swap_kib_s)
        longest = vm.left if self.host.preempt == "none" else min(vm.left, self.host.quantum_us)
        if vm.pending:
            had = max(vm.copied, vm.written())
            vm.copied = max(had, vm.written(longest))
            copy = -(-(vm.copied - had) * 1_000_000 // self.host.disks[vm.disk].bandwidth_kib_s)
            vm.copying += copy
            cost += copy
            self.seen |= {"copy on write"} if copy else set()
        vm.debt, vm.start, vm.service = 0, self.now, self.now + cost
        vm.turn = None if self.host.preempt == "none" else vm.service + self.host.quantum_us
        vm.end = vm.service + longest
        self.count()
        vm.running, vm.since = True, vm.service
        self.slow_down()
        vm.grants += 1
        self.decisions += 1

    # --- contention ---

    def count(self) -> None:
        """Counts what the running have got done."""
        for vm in self.present:
            if vm.running and self.now > vm.since:
                vm.thousandths += (self.now - vm.since) * vm.rate
                vm.since = self.now

    def slow_down(self) -> None:
        """Gives the running their rates, and their grants their ends."""
        if self.work.contention is None:
            return
        running = [vm for vm in self.present if vm.running]
        for vm in running:
            lost = sum(int(self.work.contention[vm.vm_class, other.vm_class]) for other in running if other is not vm)
            vm.rate = max(50, 1000 - lost)
            done_at = max(self.now, vm.service) - (-(1000 * vm.left - vm.thousandths) // vm.rate)
            vm.end = done_at if vm.turn is None else min(done_at, vm.turn)
            self.seen |= {"contention"} if lost else set()

    def advance(self) -> bool:
        """Moves to the next instant with an event; False at the horizon."""
        ends = [vm.end for vm in self.present if vm.running]
        instants = ends + [vm.arrival for vm in self.coming[:1]]
        standing = [vm for vm in self.present if vm.short]
        rescued = bool(not instants and standing and self.host.rescue_us)
        if rescued:
            instants = [self.now + self.host.rescue_us]
        if self.horizon is not None and (not instants or min(instants) > self.horizon):
            self.now = self.horizon
            self.count()
            self.seen |= {"stood at the horizon"} if any(vm.short for vm in self.present) else set()
            for vm in sorted((vm for vm in self.present if vm.running), key=lambda vm: vm.number):
                self.cut(vm)
            return False
        if not instants:
            self.stuck = True
            self.seen.add("stuck")
            return False
        self.now = min(instants)
        self.count()
        arriving = [vm for vm in self.coming if vm.arrival == self.now]
        everyone = bool(arriving) and self.host.preempt == "arrival"
        if arriving and any(vm.running and vm.end == self.now for vm in self.present):
            self.seen.add("arrival at an end")
        again: list[Vm] = []
        while due := [vm for vm in self.present if vm.running and (everyone or vm.end == self.now)]:
            vm = min(due, key=lambda vm: vm.number)  # one after the other: the end of one may be that of another
            again += [vm] if self.end(vm) else []
        again = [vm for vm in again if vm in self.present]
        self.coming = [vm for vm in self.coming if vm.arrival != self.now]
        self.queue += arriving
        if rescued:
            self.added += min(standing, key=lambda vm: vm.number).short - self.pool_free()
            self.seen.add("rescued")
        self.feed(again)
        self.admit()
        for vm in again:
            if not vm.leaving and not vm.short:
                self.take_place(vm)
        self.slow_down()
        return True

    def cut(self, vm: Vm) -> None:
        """Ends a grant now."""
        served = max(0, self.now - vm.service)
        done = min(vm.thousandths // 1000, vm.left)
        vm.thousandths = 0 if done == vm.left else vm.thousandths - 1000 * done
        vm.contended += served - done
        vm.attained += done
        vm.left -= done
        vm.granted += self.now - vm.start
        vm.overhead += self.now - vm.start - served
        vm.debt = max(0, vm.service - self.now)
        vm.running, vm.last_end, vm.stopped = False, self.now, 0
        self.log.append((vm.index, vm.start, min(vm.service, self.now), self.now))

    def end(self, vm: Vm) -> bool:
        """Ends a grant and passes a phase border; returns whether the VM goes on."""
        self.cut(vm)
        if vm.left:
            self.write(vm)
            return True
        if vm.phase + 1 == len(vm.phases):
            vm.completion = self.now
            self.present.remove(vm)
            if vm.kind:
                self.finish(vm, self.target(vm))
            return False
        self.write(vm)
        vm.phase += 1
        vm.left = vm.phases[vm.phase][0]
        self.seen.add("memory shrinks" if vm.memory < vm.resident else "memory grows" if vm.memory > vm.resident else "phase")
        vm.resident = min(vm.resident, vm.memory)
        target = self.target(vm)
        if target is not None:  # a migration: what is left is copied while the VM stands
            target.leaving = True
            if target.running:
                target.end = self.now
            self.seen.add("migration stops a VM")
        return True

    # --- the pool ---

    def pool_free(self) -> int:
        """Returns what images and snapshots leave of it."""
        held = sum(vm.held + sum(snapshot.stored for snapshot in vm.snapshots) for vm in self.present)
        return sum(disk.capacity_mib for disk in self.host.disks) + self.added - held

    def write(self, vm: Vm) -> None:
        """Settles what a thin VM has written to, or makes it stand."""
        if self.host.provisioning == "thin" and not vm.kind:
            has_written = -(-dirtied_kib(vm.working_set, vm.dirty, vm.attained) // 1024)
            vm.short = max(0, min(vm.image, has_written) - vm.taken)
            if vm.short and vm.short <= self.pool_free():
                self.give(vm)
            self.seen |= {"stands"} if vm.short else {"grows"} if vm.taken else set()

    def give(self, vm: Vm) -> None:
        """Gives a VM the space that it needs."""
        vm.held += vm.short
        vm.taken += vm.short
        vm.short = 0

    def feed(self, again: list[Vm]) -> None:
        """Lets those that stand go on; those in `again` have not stopped yet."""
        for vm in sorted((vm for vm in self.present if vm.short), key=lambda vm: vm.number):
            if vm.short <= self.pool_free():
                self.give(vm)
                self.seen.add("goes on")
                if vm not in again and not vm.leaving:
                    self.take_place(vm)

    def admit(self) -> None:
        """Lets the head of the queue in while there is a slot and pool space."""
        while self.queue:
            vm, target = self.queue[0], self.target(self.queue[0])
            if vm.kind and target is None:
                vm.admission = vm.completion = self.now
                self.queue.pop(0)
                self.seen.add("task without a VM")
                continue
            full = self.num_slots is not None and len(self.present) >= self.num_slots
            thin = self.host.provisioning == "thin"
            needs = (0 if thin else vm.image) if target is None else -(-target.written() // 1024) if vm.kind == 1 else 0
            if full or needs > self.pool_free():
                self.seen.add("slots full" if full else "pool full")
                return
            self.queue.pop(0)
            vm.held = needs
            if target is not None:
                self.begin(vm, target)
            disks, nics = range(len(self.host.disks)), range(len(self.host.nics))
            if self.host.mapping == "least":
                mapped = [sum(other.disk_demand for other in self.present if other.disk == k) for k in disks]
                vm.disk = mapped.index(min(mapped))
                mapped = [sum(other.net_demand for other in self.present if other.nic == k) for k in nics]
                vm.nic = mapped.index(min(mapped))
            else:
                turn = vm.number if self.host.mapping == "rotate" else 0
                vm.disk, vm.nic = turn % len(disks), turn % len(nics)
            vm.admission = self.now
            self.present.append(vm)
            self.take_place(vm)

    # --- maintenance ---

    def target(self, task: Vm) -> Vm | None:
        """Returns the VM that a task is about, if it is present."""
        return next((vm for vm in self.present if task.kind and vm.index == task.target), None)

    def begin(self, task: Vm, vm: Vm) -> None:
        """Fixes what a task has to do."""
        size, speed = (vm.written(), task.disk_demand) if task.kind == 1 else (vm.held * 1024, self.host.compress_kib_s)
        times = [max(1, -(-size * 1_000_000 // speed)) if speed and task.kind != 4 else 1]
        if task.kind == 3:
            times = self.rounds(vm.memory * 1024, task.net_demand, vm)
        task.left, task.size = times[0], sum(times)
        task.phases = [(time, *phase[1:]) for time, phase in zip(times, task.phases, strict=True)]
        if task.kind == 1:
            vm.snapshot_at, vm.copied = vm.attained, 0
            task.taken_at = vm.attained
            vm.pending.append(task)

    def rounds(self, left: int, speed: int, vm: Vm) -> list[int]:
        """Returns how long a VM is copied while it goes on, and while it stands."""
        reach = min(vm.memory, vm.working_set or vm.memory)
        times: list[int] = []
        while True:
            times.append(-(-left * 1_000_000 // speed))
            before, left = left, dirtied_kib(reach, vm.dirty, times[-1])
            last = -(-left * 1_000_000 // speed)
            if last <= self.host.most_down_us or left >= before or len(times) == 30:
                return [max(1, sum(times)), max(1, last + self.host.resume_us)]

    def stop_for(self, task: Vm) -> None:
        """Stops the VM that a restore is about, and fixes what is to be copied back."""
        vm = self.target(task)
        if vm is None or vm.leaving:
            self.seen.add("nothing to restore")
            return
        if vm.running:
            self.count()
            self.cut(vm)
            self.stops += 1
            vm.stopped = self.stops
            self.write(vm)
            self.slow_down()
            self.seen.add("restore stops a grant")
        vm.leaving, task.back = True, vm.kept_at
        changed = dirtied_kib(vm.working_set, vm.dirty, vm.attained - vm.kept_at)
        task.left = task.size = max(1, -(-changed * 1_000_000 // task.disk_demand)) if task.disk_demand else 1

    def put_back(self, vm: Vm, attained: int) -> None:
        """Restores a VM."""
        vm.lost += vm.attained - attained
        vm.attained, vm.phase = attained, 0
        while attained >= vm.phases[vm.phase][0] and vm.phase + 1 < len(vm.phases):
            attained -= vm.phases[vm.phase][0]
            vm.phase += 1
        vm.left = vm.phases[vm.phase][0] - attained
        vm.snapshot_at = vm.attained
        vm.copied = vm.thousandths = vm.debt = vm.resident = vm.swapped = 0
        vm.leaving = False
        if not vm.short:
            self.take_place(vm)
        self.seen.add("restored")

    def finish(self, task: Vm, vm: Vm | None) -> None:
        """Does what a task was for."""
        if vm is None:
            self.seen.add("VM gone before its task was done")
        elif task.kind == 1:
            vm.pending.remove(task)
            task.stored = task.held
            if task.taken_at <= vm.attained:
                vm.kept_at = max(task.taken_at, vm.kept_at)
            vm.snapshots = sorted([*vm.snapshots, task], key=lambda snapshot: snapshot.number)
            while self.host.snapshots_kept and sum(snapshot.stored > 0 for snapshot in vm.snapshots) > self.host.snapshots_kept:
                next(snapshot for snapshot in vm.snapshots if snapshot.stored).stored = 0
                self.seen.add("snapshot deleted")
        elif task.kind == 4:
            if task.back is not None:
                self.put_back(vm, task.back)
        elif task.kind == 3:
            vm.completion = self.now
            self.present.remove(vm)
            self.seen.add("migrated")
        else:
            task.stored, vm.saving = vm.held * vm.saving // 1000, 0
            vm.held -= task.stored
            self.seen |= {"compressed"} if task.stored else set()

    def take_place(self, vm: Vm) -> None:
        """Gives a VM the last place of the ring."""
        vm.place = self.places
        self.places += 1
