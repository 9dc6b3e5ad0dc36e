"""The grants of a run within a window of time, as the pictures need them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vmenv.dispatch.run import Run
from vmenv.errors import SpecError
from vmenv.host.state import Floats, Ints

SHOWN_GRANTS = 40  # a picture without a given window shows about this many of the last grants


class Window(NamedTuple):
    """The part of a run between two times.

    Attributes:
        from_us: Where it begins.
        to_us: Where it ends.
        vms: VMs present in it or arriving at its end, in order of arrival.
        grants: Its grants, the columns of `Run.grants`, cut to the window.
    """

    from_us: int
    to_us: int
    vms: Ints
    grants: dict[str, Ints]


def middle(run: Run, num_grants: int) -> tuple[int, int]:
    """Returns from when to when about so many grants last in the middle of a run, where its last ones may be of one VM alone.

    Raises:
        SpecError: The run recorded no grants.
    """
    ends = np.sort(_recorded(run)["end_us"])
    first = max(0, len(ends) // 2 - num_grants // 2)
    from_us = int(ends[first]) if first else 0
    return from_us, int(ends[min(len(ends) - 1, first + num_grants)]) if len(ends) else run.end_us


def cut(run: Run, from_us: int | None = None, to_us: int | None = None) -> Window:
    """Returns the grants between two times; by default the last SHOWN_GRANTS before the end.

    The record of an environment keeps only the last grants. The window begins no earlier than it is complete, so that what was forgotten
    does not look like idle time.

    Raises:
        SpecError: The run recorded no grants, or the window is empty.
    """
    recorded = _recorded(run)
    ends = recorded["end_us"]
    if from_us is None:
        begun = recorded["grant_us"] if to_us is None else recorded["grant_us"][recorded["grant_us"] < to_us]
        from_us = int(begun[-SHOWN_GRANTS:].min()) if len(begun) else 0
    if len(ends) < run.num_grants.sum():
        from_us = max(from_us, int(ends[0]))  # in order of ends: every forgotten grant ended by then
    to_us = max(run.end_us, from_us + 1) if to_us is None else to_us
    if to_us <= from_us:
        raise SpecError(f"the window goes from {from_us} to {to_us} us: give a later end")
    inside = (ends > from_us) & (recorded["grant_us"] < to_us)
    grants = {name: column[inside] for name, column in recorded.items()}
    for name in ("grant_us", "service_us", "end_us"):
        grants[name] = np.clip(grants[name], from_us, to_us)
    # A VM that arrives at the very end counts: in an environment it is the one that the next decision is about.
    present = run.arrived & (run.arrival_us <= to_us) & (~run.completed | (run.completion_us > from_us))
    order = run.workload.arrival_order
    return Window(from_us, to_us, order[present[order]], grants)


def stay(run: Run, window: Window, vms: Ints) -> tuple[Ints, Ints]:
    """Returns when each of `vms` came and left, cut to the window; a VM that is not done stays to the end of the run."""
    left_us = np.where(run.completed[vms], run.completion_us[vms], run.end_us)
    came_us = np.maximum(run.arrival_us[vms], window.from_us)
    return came_us, np.maximum(np.minimum(left_us, window.to_us), came_us)


def longest_present(run: Run, window: Window, most: int) -> Ints:
    """Returns the VMs of the window, at most so many: those that are present in it the longest, in order of arrival."""
    came_us, left_us = stay(run, window, window.vms)
    return window.vms[np.sort(np.argsort(came_us - left_us, kind="stable")[:most])]


def demands(run: Run, grants: dict[str, Ints], device: int) -> Ints:
    """Returns what each grant holds of a device."""
    work, phase = run.workload, grants["phase"]
    if device == 0:
        return work.cpu_millicores[phase]
    if device <= len(run.host.disks):
        return np.where(grants["disk_device"] == device, work.disk_kib_s[phase], 0)
    return np.where(grants["nic_device"] == device, work.net_kib_s[phase], 0)


def utilisation(run: Run, window: Window, device: int) -> tuple[Ints, Floats]:
    """Returns (K,) times at which the use of a device changes, and (V, K) the fraction that each VM of the window holds from there on."""
    grants = window.grants
    times = np.unique(np.concatenate([[window.from_us, window.to_us], grants["grant_us"], grants["end_us"]]))
    row = {int(vm): k for k, vm in enumerate(window.vms)}
    held = np.zeros((len(window.vms), len(times)))
    for vm, start, end, demand in zip(grants["vm"], grants["grant_us"], grants["end_us"], demands(run, grants, device), strict=True):
        if int(vm) in row:
            first, past = np.searchsorted(times, (start, end))
            held[row[int(vm)], first:past] += demand
    return times, held / run.host.capacities[device]


def _recorded(run: Run) -> dict[str, Ints]:
    if run.grants is None:
        raise SpecError("the run has no record of its grants: simulate(..., record=True), or give the environment a render_mode")
    return run.grants
