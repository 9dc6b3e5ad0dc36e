"""Plays the units that are missing, in processes of one thread each, or on a cluster of Ray."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from vmenv.episodes.scenario import Scenario, make_scenario
from vmenv.errors import SimulationError
from vmenv.leaderboard.entrants import enter
from vmenv.leaderboard.on_ray import Cluster, play_on_ray
from vmenv.leaderboard.origin import Origin, origin
from vmenv.leaderboard.units import Row, Store, Unit, play

THREADS = "VMENV_NUM_THREADS"
clock_s = time.perf_counter
Tell = Callable[[Unit], None]


def play_missing(
    units: Sequence[Unit], folder: Path, workers: int, tell: Tell = lambda unit: None, cluster: Cluster | None = None
) -> list[Row]:
    """Returns the rows of all units, sorted as they are given, after those that are missing have been played.

    Args:
        units: What is wanted.
        folder: Of the store. What is in it when this is interrupted is not played again.
        workers: Processes; 1: this one plays by itself.
        tell: Is called with every unit that has been played.
        cluster: Of Ray, which plays them; None: processes of this machine.

    Raises:
        VmenvError: Ray is not installed, or not there.
        SimulationError: A process ended before it was done, for want of memory perhaps.
    """
    store, made = Store(folder), origin()
    missing = store.missing(units)
    if cluster is not None:

        def keep(unit: Unit, rows: list[Row], where: Origin, unit_s: float) -> None:
            store.keep(unit, rows, where, unit_s)
            tell(unit)

        if missing:
            play_on_ray(missing, cluster, keep, THREADS)
    elif workers == 1 or len(missing) < 2:
        for unit in missing:
            _play_and_keep(unit, folder, made)
            tell(unit)
    else:
        with _one_thread_each():
            _play_in_processes(missing, folder, workers, made, tell)
    return [row for unit in units for row in store.rows(unit)]


def _play_in_processes(missing: Sequence[Unit], folder: Path, workers: int, made: Origin, tell: Tell) -> None:
    # Compiled code is made by the first and loaded by the others, which wait for it meanwhile (vmenv.jit.keeping).
    pool = ProcessPoolExecutor(min(workers, len(missing)), mp_context=get_context("spawn"))
    try:
        ahead = {pool.submit(_play_and_keep, unit, folder, made): unit for unit in missing}
        for done in as_completed(ahead):
            done.result()
            tell(ahead[done])
    except BrokenProcessPool as error:
        raise SimulationError(f"a process that played units ended ({error}): what was played is kept, the same command goes on") from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _play_and_keep(unit: Unit, folder: Path, made: Origin) -> None:
    began_s = clock_s()
    rows = play_alone(unit)
    Store(folder).keep(unit, rows, made, clock_s() - began_s)


def play_alone(unit: Unit) -> list[Row]:
    """Returns the rows of a unit, its policy and scenario being made from what it says."""
    scenario = scenario_of(unit)
    return play(unit, enter(unit.policy, scenario.kind), scenario)


def scenario_of(unit: Unit) -> Scenario:
    """Returns the scenario of a unit."""
    parameters = dict(unit.scenario)
    scenario: Scenario = make_scenario(parameters.pop("kind"), **parameters)
    return scenario


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Has processes that are begun meanwhile compute with one thread: there are as many of them as cores."""
    before = os.environ.get(THREADS)
    os.environ[THREADS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[THREADS]
        else:
            os.environ[THREADS] = before
