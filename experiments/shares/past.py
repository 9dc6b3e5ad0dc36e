"""A model of the part of a trace that policies are trained on, so that training on the model can be compared with training on the trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vmenv.episodes.windows import TRAINED_PART
from vmenv.share.scenarios.replay import ShareReplay
from vmenv.workload import fit
from vmenv.workload.trace import read_trace_with_report

MODELLED = "on a model of the past"  # how the page calls who was trained so


def modelled(scenario: ShareReplay, runs: Path) -> dict[str, Any]:
    """Fits a model to the past of a trace, writes it, and returns the parameters of a `share_fitted` that is otherwise as the scenario.

    Args:
        scenario: Windows of the trace.
        runs: Folder where the model goes.
    """
    options = {"weigh_by_cores": True, **(scenario.options or {})}
    _, whole = read_trace_with_report(scenario.path, scenario.format, **options)
    length_s = int(TRAINED_PART * (whole.last_s - whole.first_s))
    past, report = read_trace_with_report(scenario.path, scenario.format, start_s=whole.first_s, duration_s=length_s, **options)
    runs.mkdir(parents=True, exist_ok=True)
    path = runs / "share_replay-past.json"
    fit(past).save(path)
    host = {name: getattr(scenario, name) for name in ("window_s", "cpus", "disk_kib_s", "net_kib_s", "num_slots")}
    return {"path": str(path), "num_vms": min(len(report.files), scenario.num_slots), **host}
