"""Sharing a batch: every piece is carried out once, whoever sleeps, comes late or fails."""

from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vmenv import jit
from vmenv.jit import threads as team


def count(counts: np.ndarray, first: int, past: int) -> int:
    """Takes a few microseconds for each: whoever does not wait for the others finds counts missing."""
    for i in range(first, past):
        x = i
        for _ in range(1000):
            x = (x * x + 1) & 1023
        counts[i] += 1 + (x > 1023)
    return 0


@pytest.fixture(autouse=True, scope="module")
def three_threads() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VMENV_NUM_THREADS", "3")
        yield


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(length=st.integers(0, 300), least=st.integers(1, 100))
def test_all_is_done_once(length: int, least: int) -> None:
    for native in (True, False):
        counts = np.zeros(length, np.int64)
        function = jit.bind(count, (counts,)) if native else lambda first, past, counts=counts: count(counts, first, past)
        team.divide(function, length, least)
        assert (counts == 1).all()


def test_pieces_are_as_long_as_they_must_be_at_the_least() -> None:
    pieces: list[tuple[int, int]] = []
    team.divide(lambda first, past: pieces.append((first, past)), 100, least=30)
    assert sorted(pieces) == [(0, 30), (30, 60), (60, 90), (90, 100)]
    pieces.clear()
    team.divide(lambda first, past: pieces.append((first, past)), 100, least=60)
    assert pieces == [(0, 100)]


def test_workers_are_found_asleep_and_awake() -> None:
    """A task that comes while a worker goes to sleep, or before it is awake, is neither lost nor done twice."""
    counts = np.zeros(96, np.int64)
    function = jit.bind(count, (counts,))
    rng = np.random.default_rng(0)
    for done in range(1, 6001):
        team.divide(function, 96, 4)
        assert (counts == done).all()
        if rng.random() < 0.1:
            time.sleep(rng.choice([1e-5, 1e-4, 1e-3, 3e-3]))


def test_two_batches_at_once() -> None:
    """The threads serve one of them; the other is done by the thread that asks."""
    counts = [np.zeros(96, np.int64) for _ in range(2)]

    def play(k: int) -> None:
        function = jit.bind(count, (counts[k],))
        for _ in range(500):
            team.divide(function, 96, 4)

    threads = [threading.Thread(target=play, args=(k,)) for k in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [set(each.tolist()) for each in counts] == [{500}, {500}]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # of Python 3.12: threads and fork
def test_a_child_has_threads_of_its_own() -> None:
    counts = np.zeros(96, np.int64)
    function = jit.bind(count, (counts,))
    team.divide(function, 96, 4)
    child = os.fork()
    if child == 0:
        try:
            team.divide(function, 96, 4)
            team.divide(lambda first, past: None, 96, 4)
            os._exit(int((counts != 2).any()))
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_errors_of_a_piece_reach_the_caller_and_stop_the_rest() -> None:
    done: list[int] = []

    def fail_late(first: int, past: int) -> None:
        time.sleep(0.001)
        done.append(first)
        if first >= 20:
            raise ValueError(f"{first} to {past}")

    with pytest.raises(ValueError, match="to"):
        team.divide(fail_late, 10_000, least=10)
    assert len(done) < 24, "others went on"
    team.divide(lambda first, past: done.clear(), 100)
    assert done == []
