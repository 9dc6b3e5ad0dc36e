"""Units on a cluster of Ray: one task a unit. Only `--engine ray` loads this.

A task takes a unit and gives its rows back; the process that asked keeps them, so that no file system has to be shared, and what was
played before that process was killed is not played again. A task whose worker or node dies is played by another: it has no effect but its
rows, and those are the same whoever plays it. Each has one thread, as its core has neighbours.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from vmenv.errors import SimulationError, VmenvError
from vmenv.leaderboard.origin import Origin
from vmenv.leaderboard.units import Row, Unit

RETRIES = 5  # of a unit whose worker or node died
AHEAD = 4  # units that wait at Ray for each of its cores: enough that none idles, few enough that little is lost with the driver
PASSED_ON = ("VMENV_PLUGINS", "VMENV_CACHE_DIR", "PYTHONPATH")  # what workers on other machines have to know too
Keep = Callable[[Unit, list[Row], Origin, float], None]


class Cluster(NamedTuple):
    """Where to play.

    Attributes:
        address: Of a cluster, as `ray.init` takes it; empty: one of this machine alone is started.
        workers: Cores of that one.
    """

    address: str = ""
    workers: int = 1


def play_on_ray(units: Iterable[Unit], cluster: Cluster, keep: Keep, threads_variable: str) -> None:
    """Plays units.

    Args:
        units: What is to be played.
        cluster: Where.
        keep: Is called with each unit, its rows, where they come from, and how many seconds they took.
        threads_variable: Of the environment, that says how many threads a worker has.

    Raises:
        VmenvError: Ray is not installed, or its cluster cannot be reached.
        SimulationError: A unit was lost too often, or cannot be played.
    """
    try:
        import ray
    except ImportError as error:
        raise VmenvError('--engine ray needs Ray: pip install "vmenv[ray]"') from error
    variables = {threads_variable: "1"} | {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    started = not ray.is_initialized()
    if started:
        where: dict[str, Any] = (
            {"address": cluster.address} if cluster.address else {"num_cpus": cluster.workers, "include_dashboard": False}
        )
        try:
            ray.init(**where, runtime_env={"env_vars": variables}, log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, ValueError, RuntimeError, OSError) as error:
            raise VmenvError(f"Ray does not start, or is not at {cluster.address or 'this machine'} ({error})") from error
    try:
        _play_all(ray, units, keep)
    except (ray.exceptions.RayError, ConnectionError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise SimulationError(f"a unit was lost on Ray ({reason}): what was played is kept, the same command goes on") from error
    finally:
        if started:
            ray.shutdown()


def _play_all(ray: Any, units: Iterable[Unit], keep: Keep) -> None:
    remote = ray.remote(num_cpus=1, max_retries=RETRIES)(_play_here)
    waiting = iter(units)
    ahead: dict[Any, Unit] = {}
    most = AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))
    while True:
        while len(ahead) < most and (unit := next(waiting, None)) is not None:
            ahead[remote.remote(unit, str(Path.cwd()))] = unit
        if not ahead:
            return
        (done,), _ = ray.wait(list(ahead), num_returns=1)
        rows, origin, unit_s = ray.get(done)
        keep(ahead.pop(done), rows, origin, unit_s)


def _play_here(unit: Unit, folder: str) -> tuple[list[Row], Origin, float]:
    """What a worker does: policies of one's own lie where the program was started, if that is a folder of the worker's machine too."""
    import sys

    from vmenv.leaderboard.origin import origin
    from vmenv.leaderboard.playing import clock_s, play_alone

    if folder not in sys.path:
        sys.path.insert(0, folder)
    if Path(folder).is_dir():
        os.chdir(folder)  # policies of training runs are named by their path from there
    began_s = clock_s()
    rows = play_alone(unit)
    return rows, origin(), clock_s() - began_s
