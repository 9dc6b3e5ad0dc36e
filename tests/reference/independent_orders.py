"""The order of every scheduler for `independent.Model`, those with a memory too, from the rule in the head of the scheduler's file.

Floats are computed in the same order as in the keys, so that what ties there ties here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg import expm

from tests.reference.draws import Draws
from tests.reference.independent import Model, Order, Vm
from vmenv.dispatch.scheduler import Scheduler

BeforePick = Callable[[Model], None]


def waited(v: Vm, m: Model) -> int:
    return m.clock - v.arrival - v.attained - v.overhead


def requirements(v: Vm, m: Model) -> list[float]:
    """What it demands of each of its devices, as a fraction."""
    sizes = m.capacities()
    return [demand / sizes[device] for device, demand in m.demands(v).items()]


def imbalance(v: Vm, m: Model) -> float:
    """Highest minus lowest utilisation, with it placed."""
    free, wanted = m.free(), m.demands(v)
    used = [(size - free[device] + wanted.get(device, 0)) / size for device, size in m.capacities().items()]
    return max(used) - min(used)


def weigh_packing(p: Any) -> BeforePick:
    """Tetris: alignment, less work left times the ratio of their means (Grandl et al., section 3.3)."""

    def before(m: Model) -> None:
        free, sizes, all_memory = m.free(), m.capacities(), m.host.memory
        memory_free = (all_memory - sum(w.now.memory for w in m.running())) / all_memory
        waiting = sorted(m.runnable(), key=lambda v: v.slot)
        for v in waiting:
            cpu, disk, nic = (demand / sizes[device] for device, demand in m.demands(v).items())
            of_cpu, of_disk, of_nic = (free[device] / sizes[device] for device in m.demands(v))
            memory = v.now.memory / all_memory
            v.memo["alignment"] = cpu * of_cpu + memory * memory_free + disk * of_disk + nic * of_nic
            v.memo["work"] = max(0, v.estimate - v.attained) * 1e-6 * (cpu + memory + disk + nic)
        told = [v.memo["work"] for v in waiting if v.estimate]
        mean = sum(v.memo["alignment"] for v in waiting) / len(waiting)
        m.memo["eps"] = p.short_weight * mean / (sum(told) / len(told)) if sum(told) else 0.0

    return before


def feedback_level(v: Vm, threshold: float, ratio: float) -> int:
    level = 0
    while v.attained >= threshold and level < 64:
        level, threshold = level + 1, threshold * ratio
    return level


def requested_s(v: Vm) -> float:
    return max(1.0, v.estimate * 1e-6)


def processors(v: Vm) -> float:
    return max(1.0, v.now.cpu / 1000.0)


def doublings(m: Model) -> int:
    """1 + ilog2(min(cpus, 8)), by which Linux stretches its constants."""
    return 1 + int(math.log2(min(m.host.cpus, 8)))


def join(m: Model, least: float | None) -> None:
    """Whoever came since the last pick begins at the least of those who were there, which never goes back."""
    if least is not None:
        m.memo["floor"] = max(m.memo.get("floor", 0.0), least)
    for v in m.present():
        v.memo.setdefault("base", m.memo.get("floor", 0.0))


def virtual_runtime(v: Vm) -> float:
    return v.memo["base"] + v.attained / v.weight


def join_at_least_runtime(m: Model) -> None:
    join(m, min((virtual_runtime(v) for v in m.present() if "base" in v.memo), default=None))


def keep_turns(p: Any) -> BeforePick:
    """CFS of Linux 6.1, with a queue of the mean length and weight: a turn goes on until check_preempt_tick ends it."""

    def before(m: Model) -> None:
        old = [v for v in m.present() if "base" in v.memo]
        m.memo["floor"] = max([m.memo.get("floor", 0.0)] + ([min(virtual_runtime(v) for v in old)] if old else []))
        weights, stretch = float(sum(v.weight for v in m.present())), doublings(m)
        nr_running, granularity = len(m.present()) / m.host.cpus, p.min_granularity_us * stretch
        stretched = p.min_granularity_us > 0 and nr_running > math.ceil(p.latency_us / p.min_granularity_us)
        period = nr_running * granularity if stretched else p.latency_us * stretch
        for v in m.present():
            share = min(1.0, m.host.cpus * v.weight / weights)
            v.memo["slice"] = max(period * share, granularity)
            if v not in old:
                v.memo["base"] = m.memo["floor"] + v.memo["slice"] / v.weight
                v.memo["turn began"] = v.attained
            exec_us = v.attained - v.memo["turn began"]
            v.memo["goes on"] = v.last_end == m.clock and 0 < exec_us <= v.memo["slice"]
        queue = [virtual_runtime(v) for v in m.runnable() if not v.memo["goes on"]]
        for v in m.runnable():
            if v.memo["goes on"] and v.attained - v.memo["turn began"] >= granularity:
                v.memo["goes on"] = virtual_runtime(v) - min(queue, default=math.inf) <= v.memo["slice"]
            if not v.memo["goes on"]:
                v.memo["turn began"] = v.attained

    return before


def set_deadlines(p: Any) -> BeforePick:
    """EEVDF of Linux 6.6: virtual time is the weighted mean; a request that has been served is followed by the next.

    Who runs goes on until its request is served, unless it is ineligible and a newcomer is the best of those in the queue.
    """

    def before(m: Model) -> None:
        request = p.slice_us
        for _ in range(doublings(m) - 1):
            request += p.slice_us
        old = [v for v in m.present() if "base" in v.memo]
        weighted, weights = 0.0, 0.0
        for v in old:
            v.memo["runtime"] = virtual_runtime(v)
            weighted += v.weight * v.memo["runtime"]
            weights += v.weight
        if old:
            m.memo["time"] = weighted / weights
        time = m.memo.get("time", 0.0)
        for v in m.present():
            if v not in old:  # place_entity
                v.memo |= {"base": time, "runtime": time, "deadline": time + request / v.weight / 2, "placed": m.clock}
            elif v.memo["runtime"] >= v.memo["deadline"]:  # update_deadline
                v.memo |= {"deadline": v.memo["runtime"] + request / v.weight, "resched": m.clock}
            curr = v.state == "runnable" and v.last_end == m.clock
            v.memo["goes on"] = curr and v.memo.get("resched") != m.clock and v.memo["placed"] != m.clock
        queue = [v for v in m.runnable() if not v.memo["goes on"] and not too_early(v, m)]
        best = min(queue, key=lambda v: (v.memo["deadline"], v.memo["placed"] == m.clock), default=None)
        if best and best.memo["placed"] == m.clock:  # check_preempt_wakeup
            for v in m.runnable():
                v.memo["goes on"] &= not too_early(v, m)

    return before


def too_early(v: Vm, m: Model) -> bool:
    time = m.memo.get("time", 0.0)
    return bool(v.memo["runtime"] > time + 1e-9 * abs(time))


def deal_credits(p: Any) -> BeforePick:
    """Credit of Xen: csched_acct every slice, with the heaviest first; turns of a slice, on one run queue."""

    def before(m: Model) -> None:
        came = [v for v in m.present() if "credits" not in v.memo]
        for v in m.present():
            ran = v.attained - v.memo.get("seen", 0)
            v.memo["credits"] = v.memo.get("credits", 0.0) - ran
            v.memo["seen"] = v.attained
            v.memo["active"] = v.memo.get("active", False) or ran > 0  # csched_unit_acct
        period = m.clock // p.slice_us
        if period > m.memo.get("period", 0):
            account(m, p.slice_us, period - m.memo.get("period", 0))
            m.memo["period"] = period
        for v in m.runnable():
            ran = v.attained - v.memo.get("turn began", 0)
            over = v.memo.get("over", False)
            v.memo["scurr"] = v.last_end == m.clock and 0 < ran < p.slice_us and not (came and over)  # __runq_tickle
            if not v.memo["scurr"]:
                v.memo["turn began"] = v.attained

    return before


def account(m: Model, tslice: float, periods: float) -> None:
    """csched_acct, all in fractions."""
    active = [v for v in m.present() if v.memo["active"]]
    weight_total = float(sum(v.weight for v in active))
    owed = max(0.0, -m.memo.get("balance", 0.0))
    peak = tslice * periods
    credit, weight_left, fair = peak * m.host.cpus, weight_total, {}
    for v in sorted(active, key=lambda v: -v.weight):
        if v.weight * (credit / weight_left) < peak:
            break
        fair[v.number] = peak
        credit, weight_left = credit - peak, weight_left - v.weight
    m.memo["balance"] = 0.0
    for v in active:
        credits = (
            v.memo["credits"] + (fair[v.number] if v.number in fair else v.weight * (credit / weight_left)) + owed * v.weight / weight_total
        )
        v.memo["over"] = credits < 0
        v.memo["credits"] = max(credits, -tslice)
        if credits > tslice:
            v.memo["active"], v.memo["credits"] = False, min(credits, 2 * tslice) / 2
        m.memo["balance"] += v.memo["credits"]


def burn_credits(p: Any) -> BeforePick:
    """Credit2 of Xen: csched2_schedule, with all pCPUs on one run queue, and timers that end at ticks."""

    def before(m: Model) -> None:
        max_weight = max(v.weight for v in m.present())
        for v in m.present():
            v.memo.setdefault("credits", p.credit_us)  # csched2_alloc_udata
            v.memo["credits"] -= (v.attained - v.memo.get("seen", 0)) * max_weight / v.weight  # t2c_update
            v.memo["credits"] = max(v.memo["credits"], -p.credit_us)  # CSCHED2_CREDIT_MIN
            v.memo["seen"] = v.attained
            v.memo["scurr"] = v.state == "runnable" and v.last_end == m.clock and v.attained > v.memo.get("turn began", 0)
        runq = max((v.memo["credits"] for v in m.runnable() if not v.memo["scurr"]), default=-math.inf)
        for v in m.runnable():  # runq_candidate: the rate limit, and svc->credit > snext->credit
            ran = v.attained - v.memo.get("turn began", 0)
            v.memo["scurr"] &= ran < p.least_us or v.memo["credits"] >= runq
            if not v.memo["scurr"]:
                v.memo["turn began"] = v.attained
        snext = min(m.runnable(), key=credit2_order)
        if snext.memo["credits"] <= 0:  # reset_credit
            reset = 2 * p.credit_us if snext.memo["credits"] == -p.credit_us else p.credit_us
            for v in m.present():
                v.memo["credits"] = min(v.memo["credits"] + reset, p.credit_us + p.carryover_us)

    return before


def credit2_order(v: Vm) -> tuple[float, float]:
    return (-math.inf if v.memo["scurr"] else -v.memo["credits"]), v.place


def is_large(v: Vm, m: Model) -> bool:
    return 2 * v.now.cpu > 1000 * m.host.cpus


def take_turns(p: Any) -> BeforePick:
    """MSFQ: 1 the large, 2 the small while they fill the CPU, 3 those who were there then and newcomers, 4 until nobody runs."""

    def before(m: Model) -> None:
        memo = m.memo
        for seen in ([v for v in m.present() if v.admitted_at != m.clock], m.present()):
            small = [v for v in seen if not is_large(v, m)]
            running = sum(v.state == "running" for v in small)
            owed = sum(v.state == "runnable" and v.number <= memo.get("last", 0) for v in small)
            for _ in range(2):
                if memo.get("phase", 1) == 1:
                    memo["phase"] = 1 if len(small) < len(seen) else 2
                if memo["phase"] == 2 and sum(v.now.cpu for v in small) < 1000 * m.host.cpus:
                    memo["phase"], memo["last"] = 3, max((v.number for v in seen), default=-1)
                    owed = len(small) - running
                if memo["phase"] == 3 and not owed and running <= p.threshold:
                    memo["phase"] = 4
                if memo["phase"] == 4 and not running:
                    memo["phase"] = 1

    return before


def pick_eevdf(v: Vm, m: Model) -> tuple[float, float]:
    return 0 if v.memo["goes on"] else 1 + too_early(v, m), v.memo["deadline"]


def dominant_share(v: Vm, m: Model) -> float:
    """DRF: the largest fraction of a resource that the running VMs of its tenant hold."""
    tenants = [w for w in m.running() if w.tenant == v.tenant]
    shares = [sum(w.now.memory for w in tenants) / m.host.memory]
    for device, size in m.capacities().items():
        shares.append(sum(m.demands(w).get(device, 0) for w in tenants) / size)
    return max(shares)


def easy_order(v: Vm, m: Model) -> float:
    """EASY: whoever does not delay the reservation of the first; the order of arrival breaks all ties."""
    first = min(m.runnable(), key=lambda w: w.number)
    if v is first:
        return 0.0
    free = m.free()["cpu", 0]
    reserved, spare = math.inf, 1000 * m.host.cpus
    if not m.fits(first):
        ends: dict[float, int] = {-1.0: 0}
        for w in m.running():
            end = max(m.clock, w.granted_at + w.estimate - w.attained) if w.estimate else math.inf
            ends[end] = ends.get(end, 0) + w.now.cpu
        for end in sorted(ends):
            free += ends[end]
            if end < math.inf and free >= first.now.cpu:
                reserved, spare = end, free - first.now.cpu
                break
    in_time = v.estimate > 0 and m.clock + v.estimate <= reserved
    return 0.0 if in_time or v.now.cpu <= spare else math.inf


def filling_order(v: Vm, m: Model) -> float:
    """ServerFilling: of the earliest VMs that together demand the whole CPU, the largest."""
    total, needed = 0, []
    for w in sorted(m.present(), key=lambda w: w.number):
        if total < 1000 * m.host.cpus:
            total += w.now.cpu
            needed.append(w)
    return -float(v.now.cpu) if v in needed else math.inf


def borrowed_time(v: Vm, m: Model, p: Any) -> float:
    """BVT: virtual time, less what urgency borrows and what lets it stay on."""
    stays = p.allowance_us if v.last_end == m.clock else 0.0
    return virtual_runtime(v) - p.warp_us * v.priority - stays


def queue_length(v: Vm, m: Model) -> int:
    return sum(w.tenant == v.tenant for w in m.present())


def two_queues(m: Model) -> tuple[int | None, int, list[Vm]]:
    """Polling: the loaded tenant, how many of its VMs wait, and those that wait of the tenant of the first among the others."""
    loaded = m.last_granted.tenant if m.last_granted else None
    others = sorted((v for v in m.runnable() if v.tenant != loaded), key=lambda v: v.number)
    return loaded, sum(v.tenant == loaded for v in m.runnable()), [v for v in others if v.tenant == others[0].tenant]


def may_wait(m: Model) -> bool:
    return bool(m.running()) or any(v.state == "future" for v in m.vms)


def choose_tenant(p: Any) -> BeforePick:
    """Polling: who is loaded goes on while it has VMs and not too many others wait, and then until enough wait or one too long."""

    def before(m: Model) -> None:
        loaded, mine, others = two_queues(m)
        goes = bool(others)
        if others and mine:
            goes = len(others) >= p.leave
        elif others and loaded is not None and may_wait(m):
            goes = len(others) >= p.threshold or m.clock - others[0].arrival >= p.patience_us
        m.memo["served"] = others[0].tenant if goes else -1 if loaded is None else loaded

    return before


def estimate_phases(p: Any) -> BeforePick:
    """Phase-aware polling: the forward filter from the beginning, with the exponential of the matrix itself."""

    def before(m: Model) -> None:
        rates = np.array([p.burst_rate_per_s, p.quiet_rate_per_s]) / 1e6
        generator = np.array([[-1 / p.burst_us, 1 / p.burst_us], [1 / p.quiet_us, -1 / p.quiet_us]])
        loaded, mine, others = two_queues(m)
        burst = 0.0
        if loaded in (0, 1):
            phases, last = np.array([p.burst_us, p.quiet_us]) / (p.burst_us + p.quiet_us), 0
            for v in m.vms:
                if v.state != "future" and v.tenant == loaded:
                    phases = phases @ expm((generator - np.diag(rates)) * (v.arrival - last)) * rates
                    phases, last = phases / phases.sum(), v.arrival
            phases = phases @ expm((generator - np.diag(rates)) * (m.clock - last))
            burst = phases[0] / phases.sum()
        enough = p.burst_threshold if burst >= p.likely else p.quiet_threshold
        goes = bool(others) and not mine and (len(others) >= enough or loaded is None or not may_wait(m))
        m.memo["served"] = others[0].tenant if goes else -1 if loaded is None else loaded

    return before


def tabled_index(v: Vm, params: Any) -> float:
    """Gittins: the index at the last tabled age that has been reached. What the table must hold, another test says."""
    count = int(params[0])
    reached = [k for k in range(count) if params[1 + k] <= v.attained]
    return -float(params[1 + count + reached[-1]])


NO_DEADLINE = 2.0**62


def order_of(name: str, scheduler: Scheduler, seed: int) -> tuple[Order, BeforePick] | None:
    """Returns order and memory of a scheduler by its registered name; None if nobody has written them anew."""
    p: Any = scheduler
    params = scheduler.params(seed)
    before: dict[str, BeforePick] = {
        "tetris": weigh_packing(p),
        "stride": join_at_least_runtime,
        "bvt": join_at_least_runtime,
        "cfs": keep_turns(p),
        "credit": deal_credits(p),
        "credit2": burn_credits(p),
        "msfq": take_turns(p),
        "eevdf": set_deadlines(p),
        "polling": choose_tenant(p),
        "phase_aware": estimate_phases(p),
    }

    draws = Draws(seed)

    def draw(v: Vm, m: Model) -> float:
        return draws.uniform(v.number, m.decisions)

    orders: dict[str, Order] = {
        "fcfs": lambda v, m: 0.0,
        "tsrr": lambda v, m: v.place,
        "las": lambda v, m: v.attained,
        "sjf": lambda v, m: v.estimate if p.sizes == "estimate" and v.estimate else v.size,
        "srpt": lambda v, m: v.size - v.attained,
        "wspt": lambda v, m: -v.weight / v.size,
        "cmu": lambda v, m: -v.weight / v.estimate if v.estimate else 0.0,
        "tsp": lambda v, m: (-(v.priority + p.aging_per_s * 1e-6 * v.weight * waited(v, m)), v.attained),
        "rap": lambda v, m: imbalance(v, m) if p.rule == "balanced" else max(requirements(v, m)) * v.attained / v.weight,
        "rrp": lambda v, m: (-1 if p.order == "desc" else 1) * max(requirements(v, m)),
        "mlfq": lambda v, m: (
            feedback_level(v, p.threshold_us, p.ratio) + (0.5 if p.resident_first and not v.resident else 0.0),
            v.place,
        ),
        "edf": lambda v, m: v.arrival + v.slo if v.slo else NO_DEADLINE,
        "llf": lambda v, m: v.arrival + v.slo - m.clock - (v.size - v.attained) if v.slo else NO_DEADLINE,
        "tetris": lambda v, m: m.memo["eps"] * v.memo["work"] - v.memo["alignment"],
        "f1": lambda v, m: math.log10(requested_s(v)) * processors(v) + 870.0 * math.log10(max(1.0, v.arrival * 1e-6)),
        "wfp3": lambda v, m: -((waited(v, m) * 1e-6 / requested_s(v)) ** 3) * processors(v),
        "unicep": lambda v, m: -(waited(v, m) * 1e-6) / (math.log2(max(2.0, processors(v))) * requested_s(v)),
        "random": draw,
        "lottery": lambda v, m: -math.log(draw(v, m)) / v.weight,
        "stride": lambda v, m: virtual_runtime(v),
        "bvt": lambda v, m: (borrowed_time(v, m, p), v.place),
        "cfs": lambda v, m: (float(not v.memo["goes on"]), virtual_runtime(v)),
        "eevdf": pick_eevdf,
        "credit": lambda v, m: (0 if v.memo["scurr"] else 1 + v.memo.get("over", False), v.place),
        "credit2": lambda v, m: credit2_order(v),
        "msfq": lambda v, m: 0.0 if (m.memo["phase"] == 1 if is_large(v, m) else m.memo["phase"] in (2, 3)) else math.inf,
        "drf": lambda v, m: (dominant_share(v, m) / v.weight, v.place),
        "maxweight": lambda v, m: (-queue_length(v, m), v.place),
        "easy": easy_order,
        "serverfilling": filling_order,
        "gittins": lambda v, m: tabled_index(v, params),
        "polling": lambda v, m: 0.0 if v.tenant == m.memo["served"] else math.inf,
        "phase_aware": lambda v, m: 0.0 if v.tenant == m.memo["served"] else math.inf,
    }
    return (orders[name], before.get(name, lambda m: None)) if name in orders else None
