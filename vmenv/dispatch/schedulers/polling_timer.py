"""Polling with a timer: as polling, but the threshold falls as time passes in which nobody of the loaded tenant comes.

It is low + (high - low) exp(-(t / timer)^shape): t is the time since the last arrival of the loaded tenant, by part `second` mixed with
that since the last but one. A burst that goes on keeps the threshold high; when it has been quiet for a while, few waiting VMs are enough.

Source: timers that end a stay in a queue as in Eliazar and Yechiali, "Polling under the randomly timed gated regime", Stochastic Models
14, 1998; thresholds as in polling.
Information: demands, and the times of past arrivals. Good on one pCPU where loading another tenant is dear and arrivals come in bursts.
Fails when the quiet time between two VMs of a burst is as long as that after it. The threshold is looked at only when something happens.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from vmenv.dispatch.loop.looks import since_arrivals
from vmenv.dispatch.loop.view import view_host
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.dispatch.schedulers.polling import key_of_tenant, tenant_to_serve
from vmenv.episodes.ranges import Range
from vmenv.errors import SpecError
from vmenv.host.state import Floats, State
from vmenv.jit import pinned


@SCHEDULERS.register("polling_timer")
@dataclass(frozen=True, kw_only=True)
class PollingTimer(Scheduler):
    """Polling with a threshold that falls with the time since the loaded tenant's last arrivals.

    Args:
        high: VMs of another tenant that must wait before it is loaded, right after an arrival of the loaded tenant.
        low: The same long after it.
        timer_us: Time over which the threshold falls.
        shape: 1: exponentially; more: all at once when the timer runs out.
        second: Part of the time since the second last arrival in the time that counts, from 0 to 1.
        patience_us: Wait of one VM of another tenant that counts as the threshold.
        leave: VMs of another tenant for which a queue that is not empty is left; by default more than can wait.
    """

    information = "demands"
    source = "Eliazar and Yechiali, Stochastic Models 14, 1998"
    waits_on_purpose = True
    needs = ("tenant",)
    tunable: ClassVar[dict[str, Range]] = {
        "high": Range(0.0, 40.0),
        "low": Range(-20.0, 20.0),
        "timer_us": Range(1e3, 1e9, logarithmic=True),
        "shape": Range(0.2, 10.0, logarithmic=True),
        "second": Range(0.0, 1.0),
        "patience_us": Range(1e4, 1e10, logarithmic=True),
        "leave": Range(1.0, 1e4, logarithmic=True),
    }

    high: float = 10.0
    low: float = 1.0
    timer_us: float = 1e6
    shape: float = 1.0
    second: float = 0.0
    patience_us: float = 1e9
    leave: float = 1e9

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("timer_us", "shape"):
            if not getattr(self, name) > 0:
                raise SpecError(f"PollingTimer.{name} is {getattr(self, name)}: give a number above 0")
        if not 0 <= self.second <= 1:
            raise SpecError(f"PollingTimer.second is {self.second}: give a number from 0 to 1")

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Memory of the run: 0 the tenant that is served now."""
        host = pinned(view_host(s))
        last_us, second_us = since_arrivals(host, host.loaded_tenant)
        t = (1.0 - params[4]) * last_us + params[4] * second_us
        threshold = params[1] + (params[0] - params[1]) * math.exp(-((t / params[2]) ** params[3]))
        s.run_memory[0] = tenant_to_serve(host, threshold, params[5], params[6])

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Order of arrival within the tenant that is served; infinity for the others."""
        return key_of_tenant(vm, host)
