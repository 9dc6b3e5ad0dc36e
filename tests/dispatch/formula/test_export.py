"""Exported formulas: files that register schedulers, and play as the formulas do."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

import vmenv
from vmenv.dispatch.formula.export import scheduler_source
from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.episodes.scenario import make_scenario
from vmenv.errors import SpecError
from vmenv.testing import check_scheduler

FORMULAS = {
    "exported_paging": ("0.07 / memory - log(attained + 0.27) - 1.85 * page_in", "-1.28 + host.largest_cpu + host.queued", "thrash"),
    "exported_constant": ("0.0", None, "mm1"),
    "exported_turns": (
        "same_tenant * promise",
        "where(host.loaded_lately - 0.3, 1.5, min(host.runnable, 0.5)) - exp(host.running)",
        "bursts",
    ),
    "exported_company": ("beside - plain(harm) + partner / max(cpu, 0.1)", "0.5 * host.running", "neighbours"),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_the_file_plays_as_the_formula_does(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    score, wait, scenario_name = FORMULAS[name]
    scenario = make_scenario(scenario_name, num_vms=40)
    policy = FormulaPolicy(score=score, wait=wait, time_scale_us=scenario.time_scale_us)
    (tmp_path / f"{name}.py").write_text(scheduler_source(policy, name))
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module(name)
    host, work = scenario.build_host(), scenario.episode(3)
    exported = vmenv.simulate(host, work, name, num_slots=scenario.num_slots)
    assert exported.completed.all()
    assert exported.digest() == vmenv.simulate(host, work, policy, num_slots=scenario.num_slots).digest()
    if name == "exported_paging":
        check_scheduler(name)
        assert vmenv.make_scheduler(name).describe()["c1"] == 0.27
        assert vmenv.make_scheduler(name, c0=1.0) != vmenv.make_scheduler(name)
    vmenv.dispatch.scheduler.SCHEDULERS._entries.pop(name)
    sys.modules.pop(name)


@pytest.mark.parametrize("name", ["", "my rule", "class", "a.b", "../x", "1st"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(SpecError, match="give a Python name"):
        scheduler_source(FormulaPolicy(score="weight"), name)
