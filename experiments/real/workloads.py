"""What is looked at: windows of real traces, evaluated on their future and on other VMs, and workloads with laws of real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from vmenv.dispatch.scenario import DispatchScenario
from vmenv.episodes.scenario import make_scenario


class RealWork(NamedTuple):
    """A workload of the page.

    Attributes:
        name: What the page calls it.
        scenario: Name of the scenario.
        parameters: Of the scenario; a path is one below the folder of traces.
    """

    name: str
    scenario: str
    parameters: dict[str, Any]

    def build(self, traces: Path) -> DispatchScenario | None:
        """Returns the scenario; None if the trace is not there."""
        parameters = dict(self.parameters)
        if "path" in parameters:
            folders = sorted(traces.glob(parameters["path"]))
            if not folders:
                return None
            parameters["path"] = [str(folder) for folder in folders] if len(folders) > 1 else str(folders[0])
        scenario: DispatchScenario = make_scenario(self.scenario, **parameters)
        return scenario


def _replay(path: str, format: str, cpus: int, **parameters: Any) -> dict[str, Any]:
    return {"path": path, "format": format, "cpus": cpus, "memory_mib": 8_192, "num_slots": 32, **parameters}


WORKLOADS = (
    RealWork("Bitbrains", "replay", _replay("bitbrains_rnd/dev/2013-8", "bitbrains", 2, num_vms=10, apart=True)),
    RealWork(
        "PlanetLab",
        "replay",
        _replay("planetlab/dev/*", "planetlab", 2, num_vms=24, apart=True, options={"memory_mib": 512}),
    ),
    RealWork(
        "Google 2011", "replay", _replay("google2011_hipro/dev", "google2011", 2, num_vms=16, apart=True, options={"memory_mib": 1_024})
    ),
    RealWork("churn, after Azure", "churn", {}),
    RealWork("edge", "edge", {}),
    RealWork("batch, after Lublin and Feitelson", "batch", {"overestimate": 1.0}),
)
