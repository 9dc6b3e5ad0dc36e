"""Plays a batch at random for long, and ends with an error at the first sign that something does not hold."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vmenv.checks import check_integer
from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.spaces import LegalBatchActions
from vmenv.episodes.seeds import FIRST_TRAINING_SEED
from vmenv.errors import SimulationError, SpecError

STATM = Path("/proc/self/statm")
ROOM_MIB = 16.0  # what an allocator may come to keep; a leak of 20 bytes a step passes it within 1e9 decisions of 1,024 runs
SETTLING = 100  # steps before memory is first looked at: the first ones make buffers that stay


@dataclass(frozen=True)
class Point:
    """How things stood after so many decisions.

    Attributes:
        decisions: Of all runs together.
        seconds: Since the first step.
        memory_mib: Resident memory of the process.
    """

    decisions: int
    seconds: float
    memory_mib: float


@dataclass(frozen=True)
class Soak:
    """What was done without anything amiss.

    Attributes:
        num_runs: Runs in the batch.
        num_kept: Episodes that were drawn beforehand, and kept.
        episodes_ended: Episodes that were played to their end.
        runs_checked: How often the conservation laws of a run were checked.
        points: The first when memory has settled, then one at every check of the laws, the last at the end.
    """

    num_runs: int
    num_kept: int
    episodes_ended: int
    runs_checked: int
    points: tuple[Point, ...]


def memory_mib() -> float:
    """Returns the resident memory of this process.

    Raises:
        SpecError: The system does not tell.
    """
    try:
        pages = int(STATM.read_text().split()[1])
    except OSError as error:
        raise SpecError(f"{STATM} cannot be read: memory is watched on Linux only, run it there") from error
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def soak(
    episodes: DispatchEpisodes,
    decisions: int,
    *,
    num_kept: int,
    check_every: int,
    minutes: float = math.inf,
    seed: int = 0,
    report: Callable[[Point], None] = lambda point: None,
) -> Soak:
    """Makes random legal decisions in all runs.

    Rewards and observations are looked at after every step, laws and memory every `check_every` decisions and at the end.

    Args:
        episodes: The batch, made with the same `num_kept`.
        decisions: How many are made, in all runs together; a step that passes the number is not cut.
        num_kept: Training episodes that are drawn first, and played over and over.
        check_every: Decisions between two checks of the laws of all runs.
        minutes: After which the next check is the last, however few decisions there were.
        seed: Of actions and of the order of the episodes.
        report: Is told every point.

    Raises:
        SpecError: A number is out of range, or the system does not tell how much memory there is.
        SimulationError: A law is broken, memory grows, or rewards or observations are not what their spaces say.
    """
    check_integer("decisions", decisions, least=1)
    check_integer("check_every", check_every, least=1)
    check_integer("num_kept", num_kept, least=1)
    rng, everybody = np.random.default_rng(seed), np.arange(episodes.num_runs)
    for first in range(0, num_kept, episodes.num_runs):  # so that all are drawn before memory is looked at
        episodes.restart(everybody, FIRST_TRAINING_SEED + (first + everybody) % num_kept)
    space = LegalBatchActions(episodes.scenario.num_slots + 1, episodes.num_runs)
    space.seed(seed)
    space.current_mask = lambda: episodes.observations.action_mask
    boxes: Any = episodes.observation_space
    within = {name: (box.low.min(), box.high.max()) for name, box in boxes.items()}
    points: list[Point] = []
    done = steps = ended = checked = 0
    start, enough = time.perf_counter(), False
    while not enough:
        over = np.flatnonzero(~episodes.going)
        ended += len(over)
        episodes.step(space.sample(), over, FIRST_TRAINING_SEED + rng.integers(num_kept, size=len(over)))
        done += episodes.num_runs - len(over)
        steps += 1
        _check_values(episodes, within, done)
        due = done >= (len(points) * check_every if points else 0)
        enough = done >= decisions
        if enough or (due and steps >= SETTLING):
            _check_laws(episodes, done)
            checked += episodes.num_runs
            points.append(Point(done, time.perf_counter() - start, memory_mib()))
            report(points[-1])
            _check_memory(points)
            enough |= points[-1].seconds >= 60 * minutes
    return Soak(episodes.num_runs, num_kept, ended, checked, tuple(points))


def _check_values(episodes: DispatchEpisodes, within: Mapping[str, tuple[float, float]], done: int) -> None:
    """Checks rewards and observations; a comparison with what is not a number is false."""
    rewards = episodes.rewards
    if not (rewards.min() > -np.inf and rewards.max() <= 0.0):
        r = int(np.flatnonzero(~((rewards > -np.inf) & (rewards <= 0.0)))[0])
        raise SimulationError(f"a reward is {rewards[r]}, {_where(episodes, r, done)}: it must be finite and not above 0")
    for name, rows in episodes.observations._asdict().items():
        least, most = within[name]
        if not (rows.min() >= least and rows.max() <= most):
            wrong = ~((rows >= least) & (rows <= most))
            r = int(np.argwhere(wrong)[0][0])
            value = rows[r][wrong[r]][0]
            raise SimulationError(f"an observation in {name!r} is {value}, {_where(episodes, r, done)}: it must be from {least} to {most}")


def _check_laws(episodes: DispatchEpisodes, done: int) -> None:
    for r in range(episodes.num_runs):
        broken = episodes.broken_laws(r)
        if broken:
            raise SimulationError(f"a law is broken, {_where(episodes, r, done)}: {broken[0]}")


def _check_memory(points: list[Point]) -> None:
    before, now = points[0], points[-1]
    if now.memory_mib > before.memory_mib + ROOM_MIB:
        raise SimulationError(
            f"memory grows: {before.memory_mib:.0f} MiB after {before.decisions:,} decisions, {now.memory_mib:.0f} MiB after "
            f"{now.decisions:,}; {ROOM_MIB:.0f} MiB more are allowed"
        )


def _where(episodes: DispatchEpisodes, r: int, done: int) -> str:
    return f"in run {r} (episode {episodes.seeds[r]}) after {done:,} decisions of the batch"
