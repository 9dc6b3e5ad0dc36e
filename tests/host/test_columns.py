"""The numbers of devices and columns: one definition of each, so that no mix-up is a legal number."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import vmenv
from vmenv.host import columns as c
from vmenv.host import given, outcome
from vmenv.host.spec import Disk, Host, Nic
from vmenv.share import filling, state
from vmenv.share.observation import vm_features

ROOT = Path(__file__).parents[2]
DEMANDS = {"CPU", "DISK", "NET", "MEMORY"}


def assigned(tree: ast.Module) -> set[str]:
    """Returns the names that a module gives a value, at any depth."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def test_a_device_has_one_number_and_one_definition() -> None:
    """Whoever names a device takes its number from the columns of the host: none of a slot, of `waiting` or of shares of its own."""
    files = [file for folder in ("vmenv", "agents", "experiments") for file in sorted((ROOT / folder).rglob("*.py"))]
    of_their_own = [str(file.relative_to(ROOT)) for file in files if DEMANDS & assigned(ast.parse(file.read_text()))]
    assert of_their_own == ["vmenv/host/columns.py"]
    for name in ("CPU", "DISK", "NET", "NUM_USES"):
        for module in (filling, state):
            assert getattr(module, name, getattr(c, name)) == getattr(c, name)


def test_the_same_number_stands_in_every_table() -> None:
    """A VM of one phase that demands a different amount of each: in the workload's table, in its slot, in `waiting` and on the devices."""
    work = vmenv.Workload.from_arrays([0], [50], cpu_millicores=[300], disk_kib_s=[40], net_kib_s=[5], memory_mib=[7])
    expected = {c.CPU: 300, c.DISK: 40, c.NET: 5, c.MEMORY: 7}
    assert sorted(expected) == list(range(c.NUM_DEMANDS))
    phases = work.kernel_tables[1]
    assert {demand: phases[0, demand] for demand in expected} == expected
    assert phases[0, c.PHASE_WORK_US] == 50

    from vmenv.dispatch.episodes import DispatchEpisodes
    from vmenv.episodes.scenario import make_scenario

    episodes = DispatchEpisodes(make_scenario("host", host=Host(), workload=work), 1, interpreted=True)
    episodes.restart([0], [0])
    runs = episodes.runs
    assert {demand: runs.front[0, 0, demand] for demand in expected} == expected
    assert {demand: runs.waiting[0, demand, 0] for demand in expected} == expected
    assert [runs.devices[0, use, c.MAPPED] for use in range(c.NUM_USES)] == [expected[use] for use in range(c.NUM_USES)]

    f = filling.make_filling([1000, 100, 100], 1)
    f.asks[0] = [expected[use] for use in range(c.NUM_USES)]
    assert f.places[0].tolist() == [c.CPU, c.DISK, c.NET], "on a host with one of each a use and its device have the same number"
    filling.fill(f)
    np.testing.assert_array_equal(f.grants[0], f.asks[0])


def test_names_of_demands_are_in_the_order_of_their_numbers() -> None:
    assert len(c.DEMAND_NAMES) == c.NUM_DEMANDS
    assert [c.DEMAND_NAMES[getattr(c, name)] for name in ("CPU", "DISK", "NET", "MEMORY")] == ["cpu", "disk", "net", "memory"]
    uses = [name.removesuffix("_now") for name in vm_features() if name.endswith("_now")]
    assert uses == list(c.DEMAND_NAMES[: c.NUM_USES])


@pytest.mark.parametrize("host", [Host(), Host(disks=(Disk(), Disk()), nics=(Nic(), Nic(), Nic()))])
def test_devices_of_a_host(host: Host) -> None:
    assert host.device_names[c.CPU] == "cpu"
    assert host.device_names[c.FIRST_DISK] == "disk0"
    assert host.device_names[c.FIRST_DISK + len(host.disks)] == "nic0"
    assert len(host.capacities) == c.LEAST_DEVICES + len(host.disks) - 1 + len(host.nics) - 1


@pytest.mark.parametrize(
    ("module", "origin", "past"), [(given, c.FIRST_GIVEN, c.PAST_GIVEN), (outcome, c.PAST_GIVEN, c.PAST_OUTCOME)], ids=["given", "outcome"]
)
def test_columns_of_the_tables_of_vms_have_names_of_their_own(module: ModuleType, origin: int, past: int) -> None:
    """Each is the slot's column of the same name minus the column with which the table begins, and none is missing."""
    named = {name: column for name, column in vars(module).items() if name.isupper()}
    assert named == {name: getattr(c, name) - origin for name in named}
    assert sorted(named.values()) == list(range(past - origin))


def test_nobody_else_takes_the_difference() -> None:
    files = [file for folder in ("vmenv", "agents", "experiments", "tests") for file in sorted((ROOT / folder).rglob("*.py"))]
    differences = [file.name for file in files if re.search(r"- [ch]\.(FIRST|PAST)_GIVEN", file.read_text())]
    assert differences == ["given.py", "outcome.py"]
