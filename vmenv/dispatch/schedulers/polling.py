"""Polling: the loaded tenant is served until none of its VMs waits and enough of another's do; within a tenant, the order of arrival.

`threshold` 1 is exhaustive service. With more the host waits on purpose, for VMs of the loaded tenant that may come or for the other queue
to grow, until somebody has waited for `patience_us`. A queue that is not empty is left too, when `leave` VMs of another tenant wait. The
other tenant is the one whose VM has waited longest.

Source: Takagi, "Queuing analysis of polling models", ACM Computing Surveys 20, 1988 (exhaustive service); thresholds as in Reiman and
Wein, "Dynamic scheduling of a two-class queue with setups", Operations Research 46, 1998.
Information: demands. Good on one pCPU where loading another tenant is dear: exhaustive service does so least often. Fails when arrivals
come in bursts: one threshold must do for a burst that goes on and for one that is over. Waits are looked at only when something happens,
an arrival or the end of a grant, so that they may last longer than `patience_us`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from vmenv.dispatch.loop.looks import num_runnable_of
from vmenv.dispatch.loop.view import HostView, view_host
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.episodes.ranges import Range
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.state import Floats, State
from vmenv.jit import jittable, pinned


class Queues(NamedTuple):
    """The queue of the loaded tenant, and that of the tenant to go to next. Counts are of runnable VMs."""

    loaded: int  # tenant, NOBODY: none
    mine: int  # VMs of it
    next: int  # tenant of the VM that waits longest among those of the others, NOBODY: there are none
    others: int  # VMs of it
    since_us: int  # when that VM arrived


@jittable
def look_at_queues(host: HostView) -> Queues:
    """Returns the two queues."""
    loaded, mine, first = host.loaded_tenant, 0, c.NOBODY
    for i in range(host.top_slot):
        if host.status[i] == c.RUNNABLE:
            if host.tenants[i] == loaded:
                mine += 1
            elif first == c.NOBODY or host.numbers[i] < host.numbers[first]:
                first = i
    if first == c.NOBODY:
        return Queues(loaded, mine, c.NOBODY, 0, host.now_us)
    tenant = host.tenants[first]
    return Queues(loaded, mine, tenant, num_runnable_of(host, tenant), host.arrivals_us[host.numbers[first]])


@jittable
def tenant_to_serve(host: HostView, threshold: float, patience_us: float, leave: float) -> int:
    """Returns the tenant that is served now: the loaded one, unless it is time to go to the other queue."""
    q = look_at_queues(host)
    if q.mine > 0:
        goes = q.others >= leave
    else:  # nobody would ever be granted if it waited for VMs when none are to come
        goes = q.others >= threshold or host.now_us - q.since_us >= patience_us or q.loaded == c.NOBODY or not host.can_wait
    return q.next if goes and q.others > 0 else q.loaded


@jittable
def key_of_tenant(vm: Any, host: Any) -> tuple[float, float]:
    """Returns the key of a VM by the tenant that is served, which is in the memory of the run."""
    return (0.0 if vm.tenant == host.run_memory[0] else np.inf), 0.0


@SCHEDULERS.register("polling")
@dataclass(frozen=True, kw_only=True)
class Polling(Scheduler):
    """Exhaustive polling with a threshold.

    Args:
        threshold: VMs of another tenant that must wait before it is loaded, when none of the loaded tenant waits; a fraction is rounded up.
        patience_us: Wait of one VM of another tenant that counts as the threshold.
        leave: VMs of another tenant for which a queue that is not empty is left; by default more than can wait.
    """

    information = "demands"
    source = "Takagi, ACM Computing Surveys 20, 1988"
    waits_on_purpose = True
    needs = ("tenant",)
    tunable: ClassVar[dict[str, Range]] = {
        "threshold": Range(1.0, 20.0),
        "patience_us": Range(1e4, 1e9, logarithmic=True),
        "leave": Range(1.0, 1e3, logarithmic=True),
    }

    threshold: float = 1.0
    patience_us: float = 1e9
    leave: float = 1e9

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("threshold", "patience_us", "leave"):
            if getattr(self, name) < 0:
                raise SpecError(f"Polling.{name} is {getattr(self, name)}: give a number from 0")

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Memory of the run: 0 the tenant that is served now. The queue that is left or not is looked at before every grant."""
        host = pinned(view_host(s))
        s.run_memory[0] = tenant_to_serve(host, params[0], params[1], params[2])

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Order of arrival within the tenant that is served; infinity for the others."""
        return key_of_tenant(vm, host)
