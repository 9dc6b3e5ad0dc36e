"""A second plain reference of the model, written from the design's text by somebody who had not seen the kernel or `simulator.py`.

It keeps no running totals: whatever the kernel adds up as it goes is summed anew here whenever it is asked for. It uses nothing of vmenv.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Stage:
    """A phase."""

    work: int
    cpu: int
    memory: int
    disk: int
    net: int


@dataclass
class Vm:
    """A VM and what happens to it."""

    number: int  # in order of arrival
    arrival: int
    stages: list[Stage]
    image: int = 0
    weight: int = 1
    priority: int = 0
    slo: int = 0
    estimate: int = 0
    tenant: int = 0
    state: str = "future"  # then queued, runnable, running, done
    slot: int = -1
    disk: int = -1
    nic: int = -1
    stage: int = 0
    done_in_stage: int = 0
    attained: int = 0
    overhead: int = 0
    resident: int = 0
    swapped: int = 0
    paged_in: int = 0
    debt: int = 0
    admitted_at: int = -1
    completed_at: int = -1
    last_end: int | None = None
    place: int = -1
    granted_at: int = -1
    cost: int = 0
    until: int = -1
    grants: int = 0
    switches: int = 0
    memo: dict[str, float] = field(default_factory=dict)  # of an order that remembers

    @property
    def now(self) -> Stage:
        return self.stages[self.stage]

    @property
    def size(self) -> int:
        return sum(stage.work for stage in self.stages)


@dataclass
class Machine:
    """A host."""

    cpus: int
    memory: int
    disks: list[tuple[int, int]]  # bandwidth and capacity
    nics: list[int]
    quantum: int
    switch: int
    reload: int
    swap: int | None
    preempt: str


Order = Callable[[Vm, "Model"], float | tuple[float, float]]


class Model:
    """One run. `order` gives what the runnable VMs are sorted by, infinity for those that it does not want; ties by arrival number."""

    def __init__(self, host: Machine, vms: list[Vm], num_slots: int | None = None, horizon: int | None = None) -> None:
        self.host, self.vms, self.horizon = host, vms, horizon
        self.num_slots = len(vms) if num_slots is None else num_slots
        self.last_granted: Vm | None = None
        self.clock = self.places = self.decisions = 0
        self.queue: list[Vm] = []
        self.log: list[tuple[int, ...]] = []  # grants by their ends: number, slot, granted, service from, end, stage, disk, nic
        self.books: Counter[tuple[str, str, int]] = Counter()  # ("served" or "overhead", kind, index) of a device: demand x time
        self.memo: dict[str, float] = {}  # of an order that remembers
        self.happened: set[str] = set()

    def present(self) -> list[Vm]:
        return sorted((v for v in self.vms if v.state in ("runnable", "running")), key=lambda v: v.slot)

    def running(self) -> list[Vm]:
        return [v for v in self.vms if v.state == "running"]

    def runnable(self) -> list[Vm]:
        return [v for v in self.vms if v.state == "runnable"]

    def demands(self, v: Vm) -> dict[tuple[str, int], int]:
        return {("cpu", 0): v.now.cpu, ("disk", v.disk): v.now.disk, ("nic", v.nic): v.now.net}

    def capacities(self) -> dict[tuple[str, int], int]:
        disks = {("disk", d): bandwidth for d, (bandwidth, _) in enumerate(self.host.disks)}
        return {("cpu", 0): 1000 * self.host.cpus} | disks | {("nic", k): bandwidth for k, bandwidth in enumerate(self.host.nics)}

    def free(self) -> dict[tuple[str, int], int]:
        held = [self.demands(v) for v in self.running()]
        return {device: size - sum(h.get(device, 0) for h in held) for device, size in self.capacities().items()}

    def fits(self, v: Vm) -> bool:
        free = self.free()
        beside = sum(w.now.memory for w in self.running())
        return beside + v.now.memory <= self.host.memory and all(demand <= free[device] for device, demand in self.demands(v).items())

    def grant(self, v: Vm) -> None:
        """The one action."""
        assert v.state == "runnable"
        moved = v.swapped
        v.paged_in += v.swapped
        self.happened |= {"page in"} if v.swapped else set()
        v.swapped, v.resident = 0, v.now.memory
        while sum(w.resident for w in self.vms) > self.host.memory:
            idle = [w for w in self.runnable() if w is not v and w.resident > 0]
            self.happened |= {"page out"} | ({"tie of last use"} if len({w.last_end for w in idle}) < len(idle) else set())
            victim = min(idle, key=lambda w: (w.last_end, w.number))
            moved += victim.resident
            victim.swapped, victim.resident = victim.resident, 0
        paging = 0 if self.host.swap is None else -(moved * 1024 * 10**6 // -self.host.swap)  # rounds up
        switched = v.last_end != self.clock
        v.switches += switched
        self.happened |= {"debt is paid"} if v.debt else set()
        reloads = self.last_granted is None or self.last_granted.tenant != v.tenant
        self.happened |= {"reload"} if reloads and self.last_granted and self.host.reload else set()
        self.last_granted = v
        v.cost, v.debt = v.debt + switched * self.host.switch + reloads * self.host.reload + paging, 0
        left = v.now.work - v.done_in_stage
        service = left if self.host.preempt == "none" else min(left, self.host.quantum)
        v.granted_at, v.until, v.state = self.clock, self.clock + v.cost + service, "running"
        v.grants += 1
        self.decisions += 1

    def stop(self, v: Vm) -> None:
        """Books what a running VM had since its grant: first the start cost, then service."""
        elapsed = self.clock - v.granted_at
        paid = min(elapsed, v.cost)
        for (kind, index), demand in self.demands(v).items():
            self.books["overhead", kind, index] += paid * demand
            self.books["served", kind, index] += (elapsed - paid) * demand
        v.overhead += paid
        v.debt = v.cost - paid
        v.attained += elapsed - paid
        v.done_in_stage += elapsed - paid
        v.last_end, v.state = self.clock, "runnable"
        self.log.append((v.number, v.slot, v.granted_at, v.granted_at + paid, self.clock, v.stage, v.disk, v.nic))
        self.happened |= {"cut in start cost"} if v.debt else set()

    def end_grant(self, v: Vm) -> None:
        self.stop(v)
        assert v.done_in_stage <= v.now.work
        if v.done_in_stage < v.now.work:
            return
        if v.stage + 1 == len(v.stages):
            v.state, v.slot, v.resident, v.completed_at = "done", -1, 0, self.clock
            return
        before, v.stage, v.done_in_stage = v.now.memory, v.stage + 1, 0
        v.resident = min(v.resident, v.now.memory)
        if v.now.memory != before:
            self.happened.add("memory grows" if v.now.memory > before else "memory shrinks")

    def admit(self) -> None:
        while self.queue:
            v, present = self.queue[0], self.present()
            slots = [s for s in range(self.num_slots) if s not in {w.slot for w in present}]
            pool = sum(capacity for _, capacity in self.host.disks) - sum(w.image for w in present)
            if not slots or v.image > pool:
                self.happened.add("pool is full" if slots else "slots are full")
                return
            mapped_disk = [sum(w.now.disk for w in present if w.disk == d) for d in range(len(self.host.disks))]
            mapped_nic = [sum(w.now.net for w in present if w.nic == k) for k in range(len(self.host.nics))]
            v.disk, v.nic = mapped_disk.index(min(mapped_disk)), mapped_nic.index(min(mapped_nic))
            v.slot, v.state, v.admitted_at = slots[0], "runnable", self.clock
            self.queue.pop(0)
            self.take_place(v)

    def take_place(self, v: Vm) -> None:
        v.place = self.places
        self.places += 1

    def advance(self) -> bool:
        """To the next instant at which something happens, and all of that; False when the run is over."""
        future = [v for v in self.vms if v.state == "future"]
        times = [v.until for v in self.running()] + [v.arrival for v in future]
        if self.horizon is not None and min(times, default=math.inf) > self.horizon:
            self.clock = self.horizon
            for v in self.running():
                self.stop(v)
            return False
        self.clock = min(times)
        arrivals = [v for v in future if v.arrival == self.clock]
        ended = [v for v in self.running() if v.until == self.clock]
        if ended and arrivals:
            self.happened.add("end and arrival at once")
        if self.host.preempt == "arrival" and arrivals:
            self.happened |= {"cut by an arrival"} if len(self.running()) > len(ended) else set()
            ended = self.running()
        for v in ended:  # in order of arrival number, as self.vms is
            self.end_grant(v)
        for v in arrivals:
            v.state = "queued"
        self.queue += arrivals
        self.admit()
        for v in ended:
            if v.state == "runnable":
                self.take_place(v)
        return any(v.state != "done" for v in self.vms)

    def wait(self, v: Vm) -> int:
        """Time present without a grant. Only between grants of `v`."""
        until = v.completed_at if v.completed_at >= 0 else max(self.clock, v.arrival)
        return until - v.arrival - v.attained - v.overhead

    def play_committed(self, order: Order, before_pick: Callable[[Model], None]) -> Model:
        """The loop of a host that is committed to each pick until it has been granted."""
        going, waited_at = self.advance(), -1
        held: Vm | None = None
        while going:
            waiting = self.runnable()
            if held is None and waiting:
                before_pick(self)
                keys = {v.number: order(v, self) for v in waiting}
                willing = [v for v in waiting if keys[v.number] != math.inf]
                if waited_at != self.clock:  # they have come to an empty queue, one after the other
                    held = min(waiting, key=lambda v: v.number)
                    self.happened.add("picked as it came")
                elif willing:
                    held = min(willing, key=lambda v: (keys[v.number], v.number))
                else:  # it may not wait, as somebody does
                    held = min(waiting, key=lambda v: v.number)
                    self.happened.add("picked against its will")
            if held is not None and self.fits(held):
                self.grant(held)
                held = None
                continue
            if held is not None:
                self.happened.add("pick held")
            going = self.advance()
            waited_at = self.clock if waiting else waited_at
        return self

    def play(self, order: Order, backfill: bool = True, before_pick: Callable[[Model], None] = lambda model: None) -> Model:
        """The list scheduler's loop. An order that remembers brings its memory up to date in `before_pick`."""
        going = self.advance()
        while going:
            candidates = self.runnable()
            if not any(self.fits(v) for v in candidates):
                going = self.advance()
                continue
            before_pick(self)
            keys = {v.number: order(v, self) for v in candidates}
            candidates = [v for v in candidates if keys[v.number] != math.inf]
            candidates.sort(key=lambda v: (keys[v.number], v.number))
            if not backfill:
                candidates = candidates[:1]
            chosen = next((v for v in candidates if self.fits(v)), None)
            if chosen is not None:
                self.grant(chosen)
            else:  # it waits on purpose
                self.happened.add("waits on purpose")
                self.decisions += 1
                going = self.advance()
        return self
