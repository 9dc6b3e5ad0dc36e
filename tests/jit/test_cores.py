"""Free cores: what others leave, averaged over some looks, one at the least."""

from __future__ import annotations

import itertools
import subprocess
import sys

import pytest

from vmenv.jit import cores, threads


def answers(monkeypatch: pytest.MonkeyPatch, usable: int, others: list[int]) -> list[int]:
    """Returns what is answered after each look, if that many threads of others run then."""
    looks = itertools.chain(others, itertools.repeat(0))
    monkeypatch.setattr(cores, "running_elsewhere", lambda: next(looks))
    monkeypatch.setattr(cores, "usable_cores", lambda: usable)
    free = cores.FreeCores(seconds_between=0.0)
    return [free() for _ in others]


def test_cores_that_others_use_are_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    assert answers(monkeypatch, 8, [0, 0, 0]) == [8, 8, 8]
    assert answers(monkeypatch, 8, [3, 3, 3]) == [5, 5, 5]
    assert answers(monkeypatch, 2, [9, 9]) == [1, 1]


def test_what_runs_for_a_moment_is_averaged_away(monkeypatch: pytest.MonkeyPatch) -> None:
    assert answers(monkeypatch, 4, [0, 0, 2, 0, 0, 0]) == [4, 4, 3, 4, 4, 4]


def test_between_looks_it_answers_from_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "running_elsewhere", itertools.count(start=1).__next__)
    monkeypatch.setattr(cores, "usable_cores", lambda: 16)
    free = cores.FreeCores(seconds_between=1e9)
    assert [free(), free(), free()] == [15, 15, 15]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells")
def test_others_are_seen() -> None:
    """Whoever else runs here only adds to these; a child that has just begun may not run yet at the first looks."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
    try:
        assert any(cores.running_elsewhere() >= 2 for _ in range(20_000))
    finally:
        for process in busy:
            process.kill()
            process.wait()


def test_where_the_system_does_not_tell_all_are_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores.os, "listdir", lambda path: [][1])
    assert cores.running_elsewhere() == 0


def test_who_says_how_many_threads_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "free_cores", lambda: 1)
    monkeypatch.setenv("VMENV_NUM_THREADS", "3")
    assert threads.threads_worthwhile() == 3
    monkeypatch.delenv("VMENV_NUM_THREADS")
    assert threads.threads_worthwhile() == 1
