"""What was learned: how the score of a VM moves with its service, residency and demand, everything else as it was at a real decision.

A trained policy plays an episode as plain Python; at some of its decisions a VM is asked what its score would be had it had another
service, were it resident or paged out, or did it demand more. Beside it stand the same curves of rules that people know.
"""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from vmenv.dispatch.index.policy import IndexPolicy
from vmenv.dispatch.loop.view import VmView
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.dispatch.scheduler import Scheduler
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.files import write_whole
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import make_scheduler
from vmenv.host.state import Floats

SERVICES_US = np.geomspace(1e4, 2e7, 40)
EVERY = 40  # keys between two questions
What = Callable[[VmView, Any], list[VmView]]  # a VM and the host, to the VMs that are asked about


def ask(policy: IndexPolicy, scenario: DispatchScenario, what: What, seed: int = 0) -> Floats:
    """Returns (D, N) the scores of the N VMs that `what` makes of a runnable VM, at D situations of an episode."""
    answers: list[list[float]] = []
    count = 0

    class Asked(IndexPolicy):
        @staticmethod
        def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
            nonlocal count
            count += 1
            if count % EVERY == 0:
                answers.append([-IndexPolicy.key(other, host, params)[0] for other in what(vm, host)])
            return IndexPolicy.key(vm, host, params)

    asked = Asked(**{field.name: getattr(policy, field.name) for field in dataclasses.fields(policy)})
    simulate(scenario.build_host(), scenario.episode(seed), asked, num_slots=scenario.num_slots, interpreted=True)
    scores = np.array(answers)
    return scores[np.isfinite(scores).all(axis=1)]  # the others would have waited: no score was asked for


def served(vm: VmView, host: Any, service_us: float, resident: bool) -> VmView:
    """Returns the VM after another service, resident or paged out; it came no later than it can have had that service."""
    arrival_us = min(vm.arrival_us, int(host.now_us - service_us))
    resident_mib, swapped_mib = (vm.memory_mib, 0) if resident else (0, vm.memory_mib)
    return vm._replace(attained_us=int(service_us), arrival_us=arrival_us, resident_mib=resident_mib, swapped_mib=swapped_mib)


def by_service(vm: VmView, host: Any) -> list[VmView]:
    """Asks for every service, resident and then paged out."""
    return [served(vm, host, service, resident) for resident in (True, False) for service in SERVICES_US]


def by_cpu(vm: VmView, host: Any) -> list[VmView]:
    """Asks for 1 to 8 pCPUs, at the first quantum."""
    early = served(vm, host, 1e5, resident=True)
    return [early._replace(cpu_millicores=1000 * cpus) for cpus in range(1, 9)]


def rule(scheduler: Scheduler, resident: bool) -> Floats:
    """Returns minus the key of a scheduler at every service."""
    vm = VmView(*[0] * len(VmView._fields))._replace(memory_mib=1)
    params = scheduler.params()
    views = [vm._replace(attained_us=int(service), resident_mib=int(resident)) for service in SERVICES_US]
    return np.array([-type(scheduler).key(view, None, params)[0] for view in views])


def draw_shapes(policy: IndexPolicy, mlfq: Scheduler, path: Path) -> None:
    """Writes the picture of a policy for `thrash` as PNG, beside a tuned MLFQ and Gittins."""
    scenario = make_scenario("thrash")
    figure = Figure(figsize=(12, 3.6), layout="constrained")
    axes = figure.subplots(1, 3)
    scores = ask(policy, scenario, by_service).reshape(-1, 2, len(SERVICES_US))
    scores -= scores[:, :1, :1]
    for k, (label, colour) in enumerate((("resident", "#c1440e"), ("paged out", "#3b6ea5"))):
        band(axes[0], SERVICES_US / 1e6, scores[:, k], label, colour)
    named(axes[0], "learned: score, less that of a new resident VM", "service so far, s")
    spread = float(np.ptp(np.median(scores, axis=0)))
    gittins = np.log(rule(make_scheduler("gittins"), True))
    axes[1].plot(SERVICES_US / 1e6, gittins - gittins[0], color="#555555", label="Gittins: log of its index")
    for resident, style in ((True, "-"), (False, "--")):
        level = rule(mlfq, resident) - rule(mlfq, True)[0]
        label = f"tuned MLFQ: minus its level, {'resident' if resident else 'paged out'}"
        axes[1].step(SERVICES_US / 1e6, level, style, color="#c1440e" if resident else "#3b6ea5", label=label)
    named(axes[1], "what people would do", "service so far, s")
    for axis in axes[:2]:
        axis.set_xscale("log")
    by_demand = ask(policy, scenario, by_cpu)
    band(axes[2], np.arange(1.0, 9.0), (by_demand - by_demand[:, :1]) / spread, "resident, early", "#c1440e")
    named(axes[2], "learned: score / its range over the service", "CPU demand, pCPUs")
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture)
    write_whole(path, picture.getvalue())


def band(axes: Axes, x: Floats, scores: Floats, label: str, colour: str) -> None:
    """Draws the median over the situations, and where eight of ten lie."""
    low, middle, high = np.percentile(scores, [10, 50, 90], axis=0)
    axes.plot(x, middle, color=colour, label=label)
    axes.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)


def named(axes: Axes, title: str, xlabel: str) -> None:
    """Labels a panel."""
    axes.set_title(title, loc="left", fontsize=10)
    axes.set_xlabel(xlabel)
    axes.legend(frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
