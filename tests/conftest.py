"""Fixtures that several folders share."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.workload.models import small_model_file
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.kinds import kinds
from vmenv.episodes.scenario import list_scenarios, make_scenario
from vmenv.host.spec import Disk, Host, Nic
from vmenv.workload import Phase, Workload

HEADER = (
    "Timestamp [ms];\tCPU cores;\tCPU capacity provisioned [MHZ];\tCPU usage [MHZ];\tCPU usage [%];\tMemory capacity provisioned [KB];"
    "\tMemory usage [KB];\tDisk read throughput [KB/s];\tDisk write throughput [KB/s];\tNetwork received throughput [KB/s];"
    "\tNetwork transmitted throughput [KB/s]"
)


def write_trace(folder: Path, num_vms: int = 6, num_samples: int = 24) -> Path:
    """Writes files in the Bitbrains format, whose numbers follow a fixed rule."""
    folder.mkdir(parents=True, exist_ok=True)
    for vm in range(num_vms):
        rows = [HEADER]
        for k in range(num_samples):
            usage = (vm * 37 + k * 53) % 100
            fields = [1_376_000_000 + 300 * k, 2, 5_000, usage * 50, usage, 4_000_000, 40_000 * usage, usage, 10 * usage, 5, usage]
            rows.append(";\t".join(map(str, fields)))
        (folder / f"{vm}.csv").write_text("\n".join(rows) + "\n")
    return folder


def small_workload() -> Workload:
    """Six VMs with phases, weights and priorities, on which most things happen."""
    phases = [
        [Phase(30_000, 1000, 400, 20_000), Phase(12_000, 500, 700, 60_000, 10_000)],
        [Phase(25_000, 700, 500, 10_000, 50_000)],
        [Phase(5_000, 300, 200), Phase(40_000, 900, 100, 0, 70_000), Phase(1, 100, 600)],
        [Phase(18_000, 2000, 1024, 100_000, 100_000)],
        [Phase(9_000, 100, 300, 1, 1)],
        [Phase(50_000, 600, 450, 30_000)],
    ]
    return Workload.from_phases(
        [0, 0, 7_000, 7_000, 31_000, 90_000], phases, weight=[1, 2, 3, 1, 1, 4], priority=[0, 1, 0, 2, 1, 0], image_mib=[10, 0, 5, 1, 0, 3]
    )


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Has the simulator compiled: a batch of one would be plain Python until it is, and tests of machine code would test that.

    Every second process of several begins at the other end, with what most tests need besides: none waits for another meanwhile.
    """
    parts: list[Callable[[], Any]] = [partial(kind.episodes, kind.default_scenario, 2) for kind in kinds()]
    if int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 2:
        parts = [*reversed(parts[1:]), partial(simulate, Host(), Workload.from_arrays([0, 1], [2, 3]), "tsrr"), parts[0]]
    for compile_part in parts:
        compile_part()


@pytest.fixture(scope="session")
def scenario_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], DispatchScenario]:
    """Returns a small instance of every registered scenario by name; a new scenario without one must work by its defaults."""
    trace = write_trace(tmp_path_factory.mktemp("trace"), num_samples=240)
    host = Host(cpus=2, memory_mib=1024, disks=(Disk(), Disk(bandwidth_kib_s=120_000)), nics=(Nic(),), switch_us=300)
    given = {
        "replay": {"path": str(trace), "window_s": 3_600, "memory_mib": 8_192},
        "host": {"host": host, "workload": small_workload(), "num_slots": 4},
        "thrash": {"num_vms": 25},
        "mm1": {"num_vms": 30},
        "bursts": {"num_vms": 30, "num_slots": 8},
        "mystery": {"num_vms": 25},
        "gang": {"num_vms": 30, "num_slots": 12},
        "mg1_known": {"num_vms": 30},
        "mmc_known": {"num_vms": 30},
        "tenants": {"num_vms": 30, "num_slots": 12},
        "neighbours": {"num_vms": 20, "num_slots": 12, "mean_us": 200_000},
        "backup": {"num_vms": 8, "num_slots": 12},
        "churn": {"num_vms": 20},
        "edge": {"num_vms": 25},
        "fitted": {"path": small_model_file(), "num_vms": 5, "cpus": 1},
        "batch": {"num_vms": 30, "num_slots": 12, "cpus": 16},
    }
    return lambda name: make_scenario(name, **given.get(name, {}))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs a test that asks for `scenario_name` once for every registered scenario."""
    if "scenario_name" in metafunc.fixturenames:
        metafunc.parametrize("scenario_name", list_scenarios("dispatch"))
