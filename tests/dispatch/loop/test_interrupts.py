"""Machine code that runs long: it stops for signals, what follows is the same, and a run can be told when it is too long."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import vmenv
from vmenv.dispatch.loop import engine as engines
from vmenv.errors import SimulationError, SpecError

HOST = vmenv.Host(cpus=2, quantum_us=1_000)
WORK = vmenv.Workload.from_arrays(range(0, 40_000, 1_000), [20_000 + 370 * k for k in range(40)])
ENDLESS = vmenv.Workload.from_arrays([0], [2**53 - 1])


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Lets the time be over whenever machine code looks at the clock; the list has an entry for each call."""
    calls: list[int] = []

    def already() -> int:
        calls.append(0)
        return 0

    monkeypatch.setattr(engines, "soon_ns", already)
    return calls


class AlarmError(Exception):
    """What the handler of a signal raises."""


@pytest.fixture
def alarm() -> Iterator[Callable[[float], None]]:
    """Returns what has a signal raise AlarmError after some seconds."""

    def ring(*_: Any) -> None:
        raise AlarmError

    before = signal.signal(signal.SIGALRM, ring)
    yield lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("scheduler", ["tsrr", "srpt", "stride", "lottery"])
def test_who_stops_often_comes_to_the_same_end(scheduler: str, late: list[int]) -> None:
    works = [WORK, vmenv.Workload.from_arrays([0], [1]), WORK]
    stopped = vmenv.simulate_many(HOST, works, scheduler, seeds=[1, 2, 3], record=True)
    assert len(late) > 10
    for work, seed, run in zip(works, (1, 2, 3), stopped, strict=True):
        assert run.digest() == vmenv.simulate(HOST, work, scheduler, seed=seed, record=True, interpreted=True).digest()


def test_a_live_host_stops_and_goes_on(late: list[int]) -> None:
    managers = vmenv.Manager(HOST), vmenv.Manager(HOST, interpreted=True)
    for manager in managers:
        for k in range(20):
            manager.create([vmenv.Phase(100_000 + k, 500, 100)])
        progress = manager.schedule("tsrr", max_decisions=1_000)
        assert progress.num_decisions == 1_000
        manager.schedule("srpt", until_us=manager.clock_us + 200_000)
        manager.schedule("tsrr")
    assert managers[0].digest() == managers[1].digest()
    assert len(late) > 10


@pytest.mark.parametrize("num_runs", [1, 8])
def test_a_signal_is_answered(num_runs: int, alarm: Callable[[float], None]) -> None:
    """These runs would take years."""
    vmenv.simulate(HOST, WORK)
    alarm(0.2)
    with pytest.raises(AlarmError):
        vmenv.simulate_many(HOST, [ENDLESS] * num_runs)


def test_a_live_host_answers_and_stands_where_it_may(alarm: Callable[[float], None]) -> None:
    manager = vmenv.Manager(HOST)
    manager.create([vmenv.Phase(2**50, 500, 100)])
    manager.schedule("tsrr", max_decisions=1)
    alarm(0.2)
    with pytest.raises(AlarmError):
        manager.schedule("tsrr", max_decisions=10**7)
    assert manager.schedule("tsrr", max_decisions=3).num_decisions == 3
    other = manager.create([vmenv.Phase(1_000, 500, 100)])
    manager.schedule("fcfs", max_decisions=1_000)
    assert manager.vm_status(other).state in ("completed", "runnable", "running")


@pytest.mark.parametrize("scheduler", ["tsrr", "thrash-index", "easy"])
@pytest.mark.parametrize("interpreted", [False, True])
def test_too_many_decisions(scheduler: str, interpreted: bool) -> None:
    enough = vmenv.simulate(HOST, WORK, scheduler, interpreted=interpreted)
    same = vmenv.simulate(HOST, WORK, scheduler, max_decisions=enough.num_decisions, interpreted=interpreted)
    assert same.digest() == enough.digest()
    for most in (enough.num_decisions - 1, 500):
        message = rf"more than max_decisions={most}: at \d+ us \d+ of 40 VMs are done, \d+ run and \d+ are runnable"
        with pytest.raises(SimulationError, match=message):
            vmenv.simulate_many(HOST, [WORK], scheduler, max_decisions=most, interpreted=interpreted)


def test_a_learned_policy_has_the_same_limit() -> None:
    class First:
        clairvoyant = False

        def actions(self, observation: dict[str, Any]) -> Any:
            return observation["action_mask"].argmax(axis=1)

    work = vmenv.Workload.from_arrays([0, 0], [30_000, 20_000])
    decisions = vmenv.simulate(HOST, work, First()).num_decisions
    vmenv.simulate(HOST, work, First(), max_decisions=decisions)
    with pytest.raises(SimulationError, match="more than max_decisions="):
        vmenv.simulate(HOST, work, First(), max_decisions=decisions - 1)


@pytest.mark.parametrize("most", [0, -1, 2.5, "10", True, 2**60])
def test_limits_that_are_none(most: Any) -> None:
    with pytest.raises(SpecError, match="max_decisions is"):
        vmenv.simulate(HOST, WORK, max_decisions=most)
