"""Windows of a trace as episodes: what is evaluated is the future of what was learned from, and, if asked, of other VMs.

Time is cut in three, in this order: windows for training, for validation, for evaluation. Those of validation and evaluation lie side by
side and do not overlap, as long as there are enough for the seeds. Whatever chooses between policies, whether validation, confirmation or
the judging of finalists, looks at windows of validation.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from vmenv.episodes.seeds import CONFIRMATION_SEEDS, FIRST_TRAINING_SEED, JUDGING_SEEDS, VALIDATION_SEEDS
from vmenv.errors import SpecError, TraceError
from vmenv.host.state import Ints
from vmenv.workload.trace import TraceReport

TRAINED_PART, VALIDATED_PART = 0.60, 0.72  # ends of the parts of the trace's time
CHOOSING = (VALIDATION_SEEDS, CONFIRMATION_SEEDS, JUDGING_SEEDS)
TRIES = 100  # windows before one gives up on files that are mostly gaps
T = TypeVar("T")


def part_of(seed: int, first: int, past: int) -> tuple[int, int, int]:
    """Returns which part of [first, past) an episode is from, its first and one past its last, and the number of the seed in it."""
    trained, validated = (first + int(part * (past - first)) for part in (TRAINED_PART, VALIDATED_PART))
    if is_training(seed):
        return first, trained, seed - FIRST_TRAINING_SEED
    for seeds in CHOOSING:
        if seed in seeds:
            return trained, validated, seed - seeds.start
    return validated, past, seed


def is_training(seed: int) -> bool:
    """Returns whether an episode is one to learn from."""
    return seed >= FIRST_TRAINING_SEED


def window_start_s(report: TraceReport, rng: np.random.Generator, seed: int, window_s: int, attempt: int = 0) -> int:
    """Returns where the window of a seed starts: by number, or, of those for training, anywhere.

    Args:
        report: Of the whole trace.
        rng: Source of randomness, fixed by the seed.
        seed: Of the episode.
        window_s: Length of a window.
        attempt: How many windows have been in vain, as nobody was on in them.
    """
    start, past, number = part_of(seed, report.first_s, max(report.last_s, report.first_s + 1))
    if is_training(seed):
        return int(rng.integers(start, max(start + 1, past - window_s + 1)))
    return start + (number + attempt) % max(1, (past - start) // window_s) * window_s


def draw_window(report: TraceReport, rng: np.random.Generator, seed: int, window_s: int, read: Callable[[int], T]) -> T:
    """Returns what `read` reads from where the window of a seed starts, or, where nobody was on, from another one of the same part.

    Raises:
        TraceError: Nobody was on in a hundred of them.
    """
    for attempt in range(TRIES):
        try:
            return read(window_start_s(report, rng, seed, window_s, attempt))
        except TraceError:  # nobody was on in that window
            continue
    raise TraceError(f"no VM was on in {TRIES} windows of {window_s} s: give a larger window_s or other files")


def choose_vms(report: TraceReport, rng: np.random.Generator, seed: int, num_vms: int | None, apart: bool) -> Ints:
    """Returns which VMs of a window play, in order.

    Args:
        report: Of the window.
        rng: Source of randomness, fixed by the seed.
        seed: Of the episode.
        num_vms: So many, drawn; None: all.
        apart: Whether those that are learned from and the others are different ones: a hash of a VM's file says which it is.

    Raises:
        TraceError: None is left.
    """
    which = np.arange(len(report.files))
    if apart:
        odd = np.array([zlib.crc32(file.name.encode()) % 2 for file in report.files], np.bool_)
        which = which[odd == is_training(seed)]
    if not len(which):
        raise TraceError("no VM of this half was on in the window: give a larger window_s or more files")
    if num_vms is not None and num_vms < len(which):
        which = np.sort(rng.permutation(which)[:num_vms])
    return which


def check_apart(report: TraceReport) -> None:
    """Checks that VMs can be told apart by their files.

    Raises:
        SpecError: They are in one file.
    """
    if len({file.name for file in report.files}) < 2:
        raise SpecError("apart is True, and all VMs are in one file, whose name tells no VM from another: give a file a VM, or apart=False")
