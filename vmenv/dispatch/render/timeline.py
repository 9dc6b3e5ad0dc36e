"""A run as a trace for Perfetto (ui.perfetto.dev) or chrome://tracing: a track a VM, counters of devices and of who is there.

Source of the form: "Trace Event Format", Google, the JSON that Chrome and Perfetto read; times are in microseconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vmenv.dispatch.render.window import Window, cut, utilisation
from vmenv.dispatch.run import Run
from vmenv.episodes.files import write_whole
from vmenv.host import columns as c

VMS, HOST = 1, 2  # processes of the trace
KINDS = {c.RUN: "VM", c.SNAPSHOT: "snapshot", c.COMPRESS: "compression", c.MIGRATE: "migration", c.RESTORE: "restore"}
Event = dict[str, Any]


def write_timeline(run: Run, path: str | Path) -> None:
    """Writes all recorded grants of a run as a trace.

    On the track of a VM "present" spans its stay, and "start cost" and "service" its grants; what it was given stands in the arguments. The
    counters tell the part of each device that is held, how many VMs are there, and how many of them have a grant.

    Args:
        run: A run with recorded grants, `simulate(..., record=True)`.
        path: File of JSON.

    Raises:
        SpecError: The run has no recorded grants.
    """
    window = cut(run, from_us=0)
    events = [*_names(run, window), *_stays(run, window), *_grants(run, window), *_counters(run, window)]
    write_whole(Path(path), json.dumps({"traceEvents": events, "displayTimeUnit": "ms"}) + "\n")


def _names(run: Run, window: Window) -> Iterator[Event]:
    for process, name in ((VMS, "VMs"), (HOST, "host")):
        yield {"ph": "M", "name": "process_name", "pid": process, "args": {"name": name}}
    for vm in map(int, window.vms):
        name = f"{KINDS[int(run.workload.kind[vm])]} {vm}"
        yield {"ph": "M", "name": "thread_name", "pid": VMS, "tid": vm + 1, "args": {"name": name}}
        yield {"ph": "M", "name": "thread_sort_index", "pid": VMS, "tid": vm + 1, "args": {"sort_index": vm}}


def _stays(run: Run, window: Window) -> Iterator[Event]:
    for vm in map(int, window.vms):
        told = {
            "weight": int(run.workload.weight[vm]),
            "tenant": int(run.workload.tenant[vm]),
            "attained_us": int(run.attained_us[vm]),
            "overhead_us": int(run.overhead_us[vm]),
            "wait_us": int(run.wait_us[vm]),
            "done": bool(run.completed[vm]),
        }
        yield _slice("present", vm, int(run.arrival_us[vm]), int(run.arrival_us[vm] + run.response_us[vm]), told)


def _grants(run: Run, window: Window) -> Iterator[Event]:
    grants, work = window.grants, run.workload
    for k in range(len(grants["vm"])):
        vm, phase = int(grants["vm"][k]), int(grants["phase"][k])
        start, service, end = (int(grants[name][k]) for name in ("grant_us", "service_us", "end_us"))
        told = {"slot": int(grants["slot"][k]), "phase": phase - int(work.num_phases[:vm].sum())}
        told |= {name: int(getattr(work, name)[phase]) for name in ("cpu_millicores", "memory_mib", "disk_kib_s", "net_kib_s")}
        if service > start:
            yield _slice("start cost", vm, start, service, told)
        if end > service:
            yield _slice("service", vm, service, end, told)


def _slice(name: str, vm: int, start_us: int, end_us: int, told: Event) -> Event:
    return {"ph": "X", "name": name, "cat": "vm", "pid": VMS, "tid": vm + 1, "ts": start_us, "dur": end_us - start_us, "args": told}


def _counters(run: Run, window: Window) -> Iterator[Event]:
    for device, name in enumerate(run.host.device_names):
        times, held = utilisation(run, window, device)
        yield from _counter(f"{name}, held", times.tolist(), held.sum(axis=0).round(6).tolist())
    left_us = run.arrival_us[window.vms] + run.response_us[window.vms]
    grants = window.grants
    yield from _count("VMs present", run.arrival_us[window.vms], left_us)
    yield from _count("VMs with a grant", grants["grant_us"], grants["end_us"])


def _count(name: str, up_us: Any, down_us: Any) -> Iterator[Event]:
    """Yields how many are there: one more at each of the first times, one less at each of the second."""
    times = np.unique(np.concatenate([up_us, down_us]))
    number = np.searchsorted(np.sort(up_us), times, side="right") - np.searchsorted(np.sort(down_us), times, side="right")
    yield from _counter(name, times.tolist(), number.tolist())


def _counter(name: str, times: list[int], values: list[float]) -> Iterator[Event]:
    before: float | None = None
    for time, value in zip(times, values, strict=True):
        if value != before:
            yield {"ph": "C", "name": name, "pid": HOST, "ts": time, "args": {"value": value}}
        before = value
