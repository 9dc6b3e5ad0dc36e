"""share_host: your own host and your own workload, from Python.

gymnasium.make("vmenv/Share-Host-v0", host=vmenv.Host(), workload=vmenv.Workload.from_arrays([0, 0], [30_000, 10_000]), interval_us=1_000)
"""

from __future__ import annotations

from dataclasses import dataclass

from vmenv.episodes.own_host import OwnHostScenario
from vmenv.share.scenario import SCENARIOS, ShareScenario


@SCENARIOS.register("share_host")
@dataclass(frozen=True, kw_only=True)
class OwnShareHost(ShareScenario, OwnHostScenario):
    """A host and a workload that the caller gives; see `vmenv.episodes.own_host.OwnHostScenario`."""

    spare: str = "shared"
