"""A cluster of Ray gives the same rows to the digit, also when a worker and a node die meanwhile, and the driver begins anew."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import vmenv
from tests.leaderboard.test_units import timeless, units
from vmenv.cli.main import main
from vmenv.errors import VmenvError
from vmenv.leaderboard.entrants import enter
from vmenv.leaderboard.on_ray import Cluster
from vmenv.leaderboard.playing import play_missing
from vmenv.leaderboard.units import Store, units_of


def test_without_ray_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(VmenvError, match=r'pip install "vmenv\[ray\]"'):
        play_missing(units("las"), tmp_path, 1, cluster=Cluster())
    assert main(["evaluate", "las", "--suite", "mm1", "--address", "somewhere"]) == 2


@pytest.fixture
def two_nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A cluster of two nodes with a core each; Ray writes into the home folder, which is one of its own here."""
    pytest.importorskip("ray")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    from ray.cluster_utils import Cluster as Nodes

    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 1})
    nodes.add_node(num_cpus=1)
    yield nodes
    nodes.shutdown()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::FutureWarning")
def test_the_same_rows_although_a_worker_and_a_node_die(two_nodes: Any, tmp_path: Path) -> None:
    scenario = vmenv.make_scenario("thrash")
    wanted = [*units("las", "tsrr"), *units_of(enter("las", scenario.kind), scenario, range(100))]
    alone = timeless(play_missing(wanted, tmp_path / "alone", 1))
    died: list[int] = []
    node = next(iter(two_nodes.worker_nodes))

    def tell(unit: object) -> None:
        if len(died) == 0:
            died.append(_kill_a_worker())
        elif len(died) == 1:
            died.append(0)
            two_nodes.remove_node(node, allow_graceful=False)

    rows = play_missing(wanted, tmp_path / "ray", 1, tell, Cluster(two_nodes.address))
    assert len(died) == 2
    assert died[0] > 0, "a worker was there to be killed"
    assert timeless(rows) == alone
    (tmp_path / "ray" / f"{wanted[0].key}.json").unlink()  # as if the driver had been killed before it was kept
    told: list[object] = []
    assert timeless(play_missing(wanted, tmp_path / "ray", 1, told.append, Cluster(two_nodes.address))) == alone
    assert told == [wanted[0]]
    assert Store(tmp_path / "ray").missing(wanted) == []


def _kill_a_worker() -> int:
    """Kills a process that plays units, and returns its number; 0 where there is none. Workers of other clusters are left alone."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for pid in [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdecimal()]:
            try:
                held = os.pidfd_open(pid)  # from here on the number cannot come to mean another process
            except OSError:
                continue
            try:
                if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"ray::_play_here") and _is_ours(pid):
                    signal.pidfd_send_signal(held, signal.SIGKILL)
                    return pid
            except OSError:  # it has ended meanwhile
                continue
            finally:
                os.close(held)
        time.sleep(0.01)
    return 0


def _is_ours(pid: int) -> bool:
    """Returns whether a process was begun by this one, or by one that was."""
    while pid > 1 and pid != os.getpid():
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return pid == os.getpid()
