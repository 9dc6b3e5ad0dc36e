"""vmenv: a research environment for scheduling virtual machines on a host.

The names below are loaded when first used, so that importing vmenv is quick: numba comes in with the first simulation.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from vmenv.episodes.kinds import kinds

__version__ = "0.2.0"

_HOMES = {
    "vmenv.host.spec": ("Host", "Disk", "Nic"),
    "vmenv.workload.table": ("Workload", "Phase"),
    "vmenv.workload.trace": ("list_trace_formats", "read_trace"),
    "vmenv.episodes.scenario": ("Scenario", "list_scenarios", "make_scenario"),
    "vmenv.episodes.schedulers": ("list_schedulers", "make_scheduler"),
    "vmenv.episodes.saved": ("list_policies", "load_policy"),
    "vmenv.episodes.policy": ("Policy",),
    "vmenv.episodes.batch": ("Episodes",),
    "vmenv.episodes.evaluation": ("evaluate",),
    "vmenv.dispatch.scenario": ("DispatchScenario",),
    "vmenv.dispatch.scheduler": ("Scheduler",),
    "vmenv.dispatch.simulation": ("simulate", "simulate_many"),
    "vmenv.dispatch.run": ("Run",),
    "vmenv.share.scenario": ("ShareScenario",),
    "vmenv.share.scheduler": ("ShareScheduler",),
    "vmenv.live.manager": ("Manager",),
    "vmenv.live.client": ("connect",),
    "vmenv.errors": ("VmenvError", "SpecError", "UnknownNameError", "TraceError", "ActionError", "SimulationError", "ServiceError"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
__all__ = [
    "ActionError",
    "Disk",
    "DispatchScenario",
    "Episodes",
    "Host",
    "Manager",
    "Nic",
    "Phase",
    "Policy",
    "Run",
    "Scenario",
    "Scheduler",
    "ServiceError",
    "ShareScenario",
    "ShareScheduler",
    "SimulationError",
    "SpecError",
    "TraceError",
    "UnknownNameError",
    "VmenvError",
    "Workload",
    "connect",
    "evaluate",
    "list_policies",
    "list_scenarios",
    "list_schedulers",
    "list_trace_formats",
    "load_policy",
    "make_scenario",
    "make_scheduler",
    "read_trace",
    "simulate",
    "simulate_many",
]

if TYPE_CHECKING:
    from vmenv.dispatch.run import Run
    from vmenv.dispatch.scenario import DispatchScenario
    from vmenv.dispatch.scheduler import Scheduler
    from vmenv.dispatch.simulation import simulate, simulate_many
    from vmenv.episodes.batch import Episodes
    from vmenv.episodes.evaluation import evaluate
    from vmenv.episodes.policy import Policy
    from vmenv.episodes.saved import list_policies, load_policy
    from vmenv.episodes.scenario import Scenario, list_scenarios, make_scenario
    from vmenv.episodes.schedulers import list_schedulers, make_scheduler
    from vmenv.errors import ActionError, ServiceError, SimulationError, SpecError, TraceError, UnknownNameError, VmenvError
    from vmenv.host.spec import Disk, Host, Nic
    from vmenv.live.client import connect
    from vmenv.live.manager import Manager
    from vmenv.share.scenario import ShareScenario
    from vmenv.share.scheduler import ShareScheduler
    from vmenv.workload.table import Phase, Workload
    from vmenv.workload.trace import list_trace_formats, read_trace


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'vmenv' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


def _register_environments() -> None:
    """Registers the Gymnasium environments of the scenarios that are files, by strings: none is loaded."""
    for kind in kinds():
        for scenario in kind.scenario_files():
            kind.add_environment(scenario)


_register_environments()
