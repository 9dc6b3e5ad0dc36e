"""The public checks pass on all that is ours, and find what is broken in what is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vmenv
from tests.conftest import small_workload, write_trace
from tests.workload.models import small_model_file
from tests.workload.traces.written import OPTIONS, WRITE
from vmenv import testing
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.episodes.kinds import KINDS
from vmenv.episodes.scenario import list_scenarios, make_scenario
from vmenv.episodes.schedulers import list_schedulers
from vmenv.testing import ContractError
from vmenv.workload.trace import list_trace_formats

PACKAGED = ("dispatch", "share")
NEEDS = ("share_replay", "share_host", "share_fitted")  # what no default says


@pytest.mark.parametrize("name", list_schedulers())
def test_schedulers_keep_the_contract(name: str) -> None:
    testing.check_scheduler(name, cases=25)


def test_scenarios_keep_the_contract(scenario_name: str, scenario_of: Callable[[str], DispatchScenario]) -> None:
    testing.check_scenario(scenario_of(scenario_name))


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in PACKAGED for name in KINDS[kind].metrics.names()])
def test_metrics_keep_the_contract(kind: str, name: str) -> None:
    testing.check_metric(name, kind=kind)


@pytest.mark.parametrize("name", [name for name in list_scenarios("share") if name not in NEEDS])
def test_scenarios_of_shares_keep_the_contract(name: str) -> None:
    testing.check_scenario(name)


def test_scenarios_of_shares_that_need_something_keep_the_contract(tmp_path: Path) -> None:
    testing.check_scenario(make_scenario("share_replay", path=str(write_trace(tmp_path / "trace", num_samples=64)), window_s=3_600))
    testing.check_scenario(make_scenario("share_fitted", path=small_model_file(), num_vms=6))
    testing.check_scenario(make_scenario("share_host", host=vmenv.Host(), workload=small_workload(), interval_us=10_000))


def test_trace_formats_keep_the_contract(tmp_path: Path) -> None:
    assert list(WRITE) == list_trace_formats(), "a new format needs a sample there"
    for name, write in WRITE.items():
        testing.check_trace_format(name, write(tmp_path / name), **OPTIONS.get(name, {}))


@dataclass(frozen=True, kw_only=True)
class Mine(vmenv.Scheduler):
    """What an outsider writes."""

    information = "attained"
    source = "this test"

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        return float(-vm.attained_us), 0.0


def test_an_outsiders_scheduler_is_checked_in_one_line() -> None:
    testing.check_scheduler(Mine(), cases=10)


@dataclass(frozen=True, kw_only=True)
class Lazy(Mine):
    """Waits on purpose and does not say so."""

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        return (np.inf if vm.number > 0 and host.free[0] < host.capacity[0] else 0.0), 0.0


@dataclass(frozen=True, kw_only=True)
class Nameless(Mine):
    """Says nothing of itself."""

    information = "everything"


@dataclass(frozen=True, kw_only=True)
class Careless(vmenv.DispatchScenario):
    """Draws from a generator of its own."""

    summary = "wrong"

    def build_host(self) -> vmenv.Host:
        return vmenv.Host()

    def draw_workload(self, rng: np.random.Generator, seed: int) -> vmenv.Workload:
        return vmenv.Workload.from_arrays([0], np.random.default_rng().integers(1, 10**9, 1))


def test_what_is_broken_is_found() -> None:
    with pytest.raises(ContractError, match="waits although a VM fits"):
        testing.check_scheduler(Lazy(), cases=40)
    with pytest.raises(ContractError, match="information must be one of"):
        testing.check_scheduler(Nameless())
    with pytest.raises(ContractError, match="draws another work_us each time"):
        testing.check_scenario(Careless())
    with pytest.raises(ContractError, match="gives nan for a run cut at"):
        testing.check_metric(lambda run: float("nan"))
    with pytest.raises(ContractError, match="another seed must give another workload"):
        testing.check_generator(lambda rng: vmenv.Workload.from_arrays([0], [5]))
    testing.check_generator(lambda rng: vmenv.Workload.from_arrays([0], rng.integers(1, 10**6, 1)))
