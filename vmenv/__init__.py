"""vmenv: a research environment for scheduling virtual machines on a host.

The names below are loaded when first used, so that importing vmenv is quick: numba comes in with the first simulation.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium

__version__ = "0.1.0"

_HOMES = {
    "vmenv.host.spec": ("Host", "Disk", "Nic"),
    "vmenv.workload.table": ("Workload", "Phase"),
    "vmenv.workload.trace": ("read_trace",),
    "vmenv.dispatch.scheduler": ("Scheduler", "list_schedulers", "make_scheduler"),
    "vmenv.dispatch.scenario": ("Scenario", "list_scenarios", "make_scenario"),
    "vmenv.dispatch.simulation": ("simulate", "simulate_many"),
    "vmenv.dispatch.run": ("Run",),
    "vmenv.live.manager": ("Manager",),
    "vmenv.live.client": ("connect",),
    "vmenv.episodes.evaluation": ("evaluate",),
    "vmenv.share.scenario": ("ShareScenario", "list_share_scenarios", "make_share_scenario"),
    "vmenv.share.scheduler": ("SharePolicy", "list_share_policies", "make_share_policy"),
    "vmenv.share.evaluation": ("evaluate_shares",),
    "vmenv.share.saved": ("list_trained_share_policies", "load_share_policy"),
    "vmenv.dispatch.policy": ("Policy",),
    "vmenv.dispatch.saved": ("list_policies", "load_policy"),
    "vmenv.errors": ("VmenvError", "SpecError", "UnknownNameError", "TraceError", "ActionError", "SimulationError", "ServiceError"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
__all__ = [
    "ActionError",
    "Disk",
    "Host",
    "Manager",
    "Nic",
    "Phase",
    "Policy",
    "Run",
    "Scenario",
    "Scheduler",
    "ServiceError",
    "SharePolicy",
    "ShareScenario",
    "SimulationError",
    "SpecError",
    "TraceError",
    "UnknownNameError",
    "VmenvError",
    "Workload",
    "connect",
    "evaluate",
    "evaluate_shares",
    "list_policies",
    "list_scenarios",
    "list_schedulers",
    "list_share_policies",
    "list_share_scenarios",
    "list_trained_share_policies",
    "load_policy",
    "load_share_policy",
    "make_scenario",
    "make_scheduler",
    "make_share_policy",
    "make_share_scenario",
    "read_trace",
    "simulate",
    "simulate_many",
]

if TYPE_CHECKING:
    from vmenv.dispatch.policy import Policy
    from vmenv.dispatch.run import Run
    from vmenv.dispatch.saved import list_policies, load_policy
    from vmenv.dispatch.scenario import Scenario, list_scenarios, make_scenario
    from vmenv.dispatch.scheduler import Scheduler, list_schedulers, make_scheduler
    from vmenv.dispatch.simulation import simulate, simulate_many
    from vmenv.episodes.evaluation import evaluate
    from vmenv.errors import ActionError, ServiceError, SimulationError, SpecError, TraceError, UnknownNameError, VmenvError
    from vmenv.host.spec import Disk, Host, Nic
    from vmenv.live.client import connect
    from vmenv.live.manager import Manager
    from vmenv.share.evaluation import evaluate_shares
    from vmenv.share.saved import list_trained_share_policies, load_share_policy
    from vmenv.share.scenario import ShareScenario, list_share_scenarios, make_share_scenario
    from vmenv.share.scheduler import SharePolicy, list_share_policies, make_share_policy
    from vmenv.workload.table import Phase, Workload
    from vmenv.workload.trace import read_trace


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'vmenv' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


def _register_environments() -> None:
    """Registers `vmenv/<Scenario>-v0` for each scenario of dispatch, `vmenv/Share-<Scenario>-v0` for each of shares.

    By strings, without importing any.
    """
    for module in pkgutil.iter_modules([str(Path(__file__).parent / "dispatch" / "scenarios")]):
        if not module.name.startswith("_"):
            gymnasium.register(
                id=f"vmenv/{module.name.capitalize()}-v0",
                entry_point="vmenv.dispatch.env:DispatchEnv",
                vector_entry_point="vmenv.dispatch.vector:DispatchVectorEnv",
                kwargs={"scenario": module.name},
            )
    for module in pkgutil.iter_modules([str(Path(__file__).parent / "share" / "scenarios")]):
        if not module.name.startswith("_"):
            gymnasium.register(
                id=f"vmenv/Share-{module.name.capitalize()}-v0",
                entry_point="vmenv.share.env:ShareEnv",
                vector_entry_point="vmenv.share.vector:ShareVectorEnv",
                kwargs={"scenario": f"share_{module.name}"},
            )


_register_environments()
