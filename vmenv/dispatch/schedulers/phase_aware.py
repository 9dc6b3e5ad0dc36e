"""Phase-aware polling: as polling, but with one threshold while the loaded tenant seems to be in a burst, and another otherwise.

How likely it is to be in a burst follows from its arrivals so far by Bayes' rule: between arrivals the probability moves as the phases
change and as nobody comes, and an arrival multiplies the odds by the ratio of the rates. The rates must be given.

Source: the filter as in Ryden, "An EM algorithm for estimation in Markov-modulated Poisson processes", Computational Statistics & Data
Analysis 21, 1996; thresholds as in polling.
Information: demands. A yardstick: it knows the law of the arrivals of `bursts`, which are the defaults, but not what is to come. The
thresholds are tuned on its validation episodes. Made for tenants 0 and 1; others count as quiet. Fails when the rates are not those.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from vmenv.dispatch.loop.view import HostView, view_host
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.dispatch.schedulers.polling import look_at_queues
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.state import Floats, State
from vmenv.jit import jittable, pinned

NUM_FILTERED = 2  # tenants; each has a float of the run's memory


@SCHEDULERS.register("phase_aware")
@dataclass(frozen=True, kw_only=True)
class PhaseAware(Scheduler):
    """Polling with a threshold that follows the estimated phase.

    Args:
        burst_threshold: VMs of another tenant that must wait before it is loaded, when none of the loaded tenant waits but its burst
            seems to go on.
        quiet_threshold: The same when it does not.
        likely: Probability of a burst from which on it seems to go on.
        burst_rate_per_s: Arrivals of one tenant in a burst.
        quiet_rate_per_s: The same between bursts.
        burst_us: Mean length of a burst.
        quiet_us: Mean time between bursts.
    """

    information = "demands"
    source = "Ryden, Computational Statistics & Data Analysis 21, 1996"
    waits_on_purpose = True
    needs = ("tenant",)

    burst_threshold: float = 10.0
    quiet_threshold: float = 2.0
    likely: float = 0.15
    burst_rate_per_s: float = 6.0
    quiet_rate_per_s: float = 0.4
    burst_us: float = 8_000_000.0
    quiet_us: float = 32_000_000.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("burst_threshold", "quiet_threshold", "quiet_rate_per_s"):
            if getattr(self, name) < 0:
                raise SpecError(f"PhaseAware.{name} is {getattr(self, name)}: give a number from 0")
        for name in ("burst_rate_per_s", "burst_us", "quiet_us"):
            if getattr(self, name) <= 0:
                raise SpecError(f"PhaseAware.{name} is {getattr(self, name)}: give a number above 0")

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Memory of the run: 0 and 1 the probabilities that tenants 0 and 1 are in a burst, 2 when that was, 3 the VMs that had arrived.

        Memory of a VM: 0 whether it is of the tenant that is served now.
        """
        host = pinned(view_host(s))
        filter_arrivals(host, params)
        q = look_at_queues(host)
        in_burst = 0 <= q.loaded < NUM_FILTERED and host.run_memory[q.loaded] >= params[2]
        threshold = params[0] if in_burst else params[1]
        goes = q.mine == 0 and q.others > 0 and (q.others >= threshold or q.loaded == c.NOBODY or not host.can_wait)
        served = q.next if goes else q.loaded
        for i in range(host.top_slot):
            host.vm_memory[i, 0] = host.tenants[i] == served

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Order of arrival within the tenant that is served; infinity for the others."""
        return (0.0 if host.vm_memory[vm.slot, 0] == 1.0 else np.inf), 0.0


@jittable
def filter_arrivals(host: HostView, params: Floats) -> None:
    """Brings the probabilities of a burst up to now, arrival by arrival, those that wait for a slot among them."""
    burst_rate, quiet_rate = params[3] * 1e-6, params[4] * 1e-6
    ends, begins = 1.0 / params[5], 1.0 / params[6]
    seen = int(host.run_memory[3])
    if seen == 0:
        host.run_memory[0] = host.run_memory[1] = begins / (ends + begins)
    while seen < len(host.arrivals_us):
        _pass_without_arrivals(host, float(host.arrivals_us[seen]), burst_rate, quiet_rate, ends, begins)
        tenant = host.arrived_tenants[seen]
        if tenant < NUM_FILTERED:
            burst = host.run_memory[tenant] * burst_rate
            host.run_memory[tenant] = burst / (burst + (1.0 - host.run_memory[tenant]) * quiet_rate)
        seen += 1
    _pass_without_arrivals(host, float(host.now_us), burst_rate, quiet_rate, ends, begins)
    host.run_memory[3] = float(seen)


@jittable
def _pass_without_arrivals(host: HostView, until_us: float, burst_rate: float, quiet_rate: float, ends: float, begins: float) -> None:
    """Moves the probabilities over a time in which nobody came: the exponential of the phases' generator minus the rates, normalised.

    The exponential of a matrix of two rows is cosh and sinh of half its eigenvalues' difference; a common factor falls out.
    """
    half = 0.5 * ((quiet_rate + begins) - (burst_rate + ends))
    root = math.sqrt(half * half + ends * begins)
    shrunk = math.exp(-2.0 * root * (until_us - host.run_memory[2]))
    cosh, sinh = 1.0 + shrunk, (1.0 - shrunk) / root
    for tenant in range(NUM_FILTERED):
        p = host.run_memory[tenant]
        burst = p * (cosh + sinh * half) + (1.0 - p) * sinh * begins
        quiet = (1.0 - p) * (cosh - sinh * half) + p * sinh * ends
        host.run_memory[tenant] = burst / (burst + quiet)
    host.run_memory[2] = until_us
