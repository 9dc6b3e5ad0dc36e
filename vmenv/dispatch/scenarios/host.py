"""host: your own host and your own workload, from Python.

gymnasium.make("vmenv/Host-v0", host=vmenv.Host(cpus=2), workload=vmenv.Workload.from_arrays([0, 5], [30_000, 10_000]))
"""

from __future__ import annotations

from dataclasses import dataclass

from vmenv.dispatch.scenario import SCENARIOS, DispatchScenario
from vmenv.episodes.own_host import OwnHostScenario


@SCENARIOS.register("host")
@dataclass(frozen=True, kw_only=True)
class OwnHost(DispatchScenario, OwnHostScenario):
    """A host and a workload that the caller gives; see `vmenv.episodes.own_host.OwnHostScenario`."""
