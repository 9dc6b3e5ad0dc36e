"""Two threads on the same environment, batch or live host: the second is told, and the first goes on as if it had not been there."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

import vmenv
from vmenv.dispatch.scheduler import Scheduler
from vmenv.live.control import QUESTIONS, Control

MOVES: dict[str, Callable[[vmenv.Manager], Any]] = {
    "create": lambda manager: manager.create([vmenv.Phase(10)]),
    "snapshot": lambda manager: manager.snapshot(0, disk_kib_s=1),
    "compress": lambda manager: manager.compress(0),
    "migrate": lambda manager: manager.migrate(0, net_kib_s=1),
    "restore": lambda manager: manager.restore(0, disk_kib_s=1),
    "destroy": lambda manager: manager.destroy(0),
    "suspend": lambda manager: manager.suspend(0),
    "resume": lambda manager: manager.resume(0),
    "grant": lambda manager: manager.grant(0),
    "wait": lambda manager: manager.wait(until_us=10**6),
    "schedule": lambda manager: manager.schedule(),
}


def test_two_threads_on_one_batch_are_told() -> None:
    """While one carries out commands, whatever moves the runs is refused to others; and an error leaves nobody locked out."""
    batch: Any = vmenv.Episodes("mm1", 2)
    env: Any = vmenv.Episodes("mm1", 1)
    for one in (batch, env):
        one.restart(range(one.num_runs), range(one.num_runs))
        before = one.snapshot()
        calls = [lambda o=one: o.step(o.some_actions()), lambda o=one: o.restart([0], [1]), lambda o=one, b=before: o.restore(b)]
        if one is env:
            calls.append(lambda: env.step_one(0))
        one._busy = True
        for call in calls:
            with pytest.raises(vmenv.ActionError, match="another thread is stepping the same environment or batch"):
                call()
        one._busy = False
        with pytest.raises(vmenv.ActionError, match=r"is not allowed|whole numbers"):
            one.step(np.full(one.num_runs, 10**6))
        one.step(one.some_actions())


@dataclass(frozen=True, kw_only=True)
class Interrupted(Scheduler):
    """First come, first served; before each decision it calls what it is told to."""

    information = "blind"
    source = "a test"
    call: ClassVar[Callable[[], None]]

    @staticmethod
    def update(s: Any, params: Any) -> None:
        Interrupted.call()

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        return float(vm.arrival_us), 0.0


def live_host() -> vmenv.Manager:
    manager = vmenv.Manager(vmenv.Host(quantum_us=10), interpreted=True)
    for size in (25, 15):
        manager.create([vmenv.Phase(size)])
    return manager


def test_every_command_is_guarded() -> None:
    commands = {name for name in vars(Control) if not name.startswith("_")}
    assert set(MOVES) == commands - QUESTIONS - {
        "prepare",
        "interrupt",
    }  # one leaves the host alone, one is for other threads


@pytest.mark.parametrize("name", MOVES)
def test_a_live_host_that_another_thread_moves(name: str) -> None:
    """The other thread comes while `schedule` is at work; it may ask, but not move anything."""
    manager = live_host()
    refused: list[str] = []
    asked: list[int] = []

    def other() -> None:
        asked.append(len(manager.observe().vms))
        try:
            MOVES[name](manager)
        except vmenv.ActionError as error:
            refused.append(str(error))

    def come() -> None:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()

    Interrupted.call = come
    manager.schedule(Interrupted())
    assert asked[0] == 2
    assert set(refused) == {"another thread is moving the same live host: give each thread its own, or a lock"}
    assert len(refused) == len(asked)
    undisturbed = live_host()
    Interrupted.call = lambda: None
    undisturbed.schedule(Interrupted())
    assert manager.digest() == undisturbed.digest()


def test_a_refusal_and_an_error_lock_nobody_out() -> None:
    manager = live_host()

    def fail() -> None:
        raise ZeroDivisionError

    Interrupted.call = fail
    with pytest.raises(ZeroDivisionError):
        manager.schedule(Interrupted())
    with pytest.raises(vmenv.ActionError, match="VM 7"):
        manager.destroy(7)
    manager.create([vmenv.Phase(5)])
    assert manager.schedule().stopped == "done"


def test_nobody_is_at_work_on_a_copy() -> None:
    """Of a host that moves as of one that stands."""
    manager = live_host()
    copies: list[vmenv.Manager] = []
    Interrupted.call = lambda: copies.append(pickle.loads(pickle.dumps(manager)))
    manager.schedule(Interrupted())
    copies[0].destroy(0)


def test_threads_with_a_lock_take_turns() -> None:
    manager, lock = live_host(), threading.Lock()

    def create() -> None:
        for _ in range(20):
            with lock:
                manager.create([vmenv.Phase(10)])

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert manager.num_vms == 2 + 4 * 20
