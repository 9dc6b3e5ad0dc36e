"""Calls that break off, and calls side by side."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import vmenv
from tests.serve.conftest import SlowManager, head_of, raw, serving
from vmenv.host.invariants import check_invariants
from vmenv.host.spec import Host
from vmenv.live.client import Client
from vmenv.live.manager import Manager
from vmenv.live.status import Stop
from vmenv.serve.calls import Calls
from vmenv.serve.journal import Journal
from vmenv.serve.server import make_server, open_socket, serve, url_of
from vmenv.workload import Phase

CREATE = b'{"phases": [{"work_us": 5}]}'


def test_a_client_that_dies_in_mid_call(served: tuple[Manager, Client]) -> None:
    """Half a head, half a body: nothing is done, and others notice nothing."""
    manager, client = served
    before = manager.digest()
    for text in (b"POST /v1/grant HT", head_of("grant", 50) + b"{"):
        with socket.create_connection(client._place) as connection:
            connection.sendall(text)
    assert client.digest() == before


def test_a_client_that_is_gone_when_it_is_its_turn() -> None:
    """Its call is not carried out; a call that has begun is, whoever has gone."""
    manager = SlowManager()
    with serving(manager) as url, vmenv.connect(url) as client:
        client.create([Phase(5)])
        client.grant(0)
        begins = socket.create_connection(client._place)
        begins.sendall(head_of("wait", 2) + b"{}")
        assert manager.begun.wait(30)
        waits = socket.create_connection(client._place)
        waits.sendall(head_of("create", len(CREATE)) + CREATE)
        for connection in (waits, begins):
            assert raw(client, "GET", "/openapi.json")[0] == 200  # what was sent before has been read by now
            connection.close()
            assert raw(client, "GET", "/openapi.json")[0] == 200
        manager.go.set()
        assert client.digest() == manager.digest()
        assert (manager.clock_us, manager.num_vms) == (5, 1)


def test_others_go_on_while_a_scheduler_is_compiled() -> None:
    class Compiler(SlowManager):
        def prepare(self, scheduler: Any = "tsrr", *, parameters: Any = None) -> None:
            self.begun.set()
            assert self.go.wait(30)

    manager = Compiler()
    with serving(manager) as url, vmenv.connect(url) as client, ThreadPoolExecutor(1) as pool:
        client.create([Phase(5)])
        scheduled = pool.submit(client.schedule, "las")
        assert manager.begun.wait(30)
        assert client.create([Phase(5)]) == 1
        assert len(client.observe().vms) == 2
        manager.go.set()
        assert scheduled.result(30).stopped == Stop.DONE


def test_schedulers_are_compiled_before_it_says_that_it_listens() -> None:
    done: list[str] = []

    class Compiler(Manager):
        def prepare(self, scheduler: Any = "tsrr", *, parameters: Any = None) -> None:
            done.append(scheduler)

    def announce(url: str, num_replayed: int) -> None:
        done.append("listens")
        raise KeyboardInterrupt

    serve(Compiler(), compiled=["las", "tsrr"], announce=announce)
    assert done == ["las", "tsrr", "listens"]
    with pytest.raises(vmenv.UnknownNameError, match="did you mean 'tsrr'"):
        serve(Manager(), compiled=["tsr"], announce=announce)


def test_a_call_that_has_begun_is_written_down_before_the_service_stops(tmp_path: Path) -> None:
    """However long it takes, and though nobody is told any more."""
    manager = SlowManager()
    listening = open_socket("127.0.0.1", 0)
    journal = Journal(tmp_path / "journal", manager)
    calls = Calls(manager, journal)
    server = make_server(calls)
    server.config.timeout_graceful_shutdown = 0
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    with listening, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(Client(url_of(listening)).wait, 5)
        assert manager.begun.wait(30)
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()
        manager.go.set()
        calls.finish()
        journal.close()
        with pytest.raises(vmenv.ServiceError):
            answer.result(30)
    again = SlowManager()
    again.go.set()
    journal = Journal(tmp_path / "journal", again)
    assert Calls(again, journal).num_replayed == 1
    journal.close()
    assert again.clock_us == 5


def test_a_fault_in_mid_call_ends_all_changes() -> None:
    """What is half done may be anything: the host can be looked at, not changed."""

    class Faulty(Manager):
        def suspend(self, vm: int) -> None:
            super().suspend(vm)
            raise ZeroDivisionError("a fault")

    with serving(Faulty(interpreted=True)) as url, vmenv.connect(url) as client:
        client.create([Phase(5)])
        for call in (lambda: client.suspend(0), lambda: client.create([Phase(5)]), lambda: client.resume(0)):
            with pytest.raises(vmenv.ServiceError, match=r"suspend failed in the middle .*a fault.*: start the service again"):
                call()
        assert [vm.state for vm in client.observe().vms] == ["suspended"]


def test_four_clients_at_a_time() -> None:
    """4 threads create, suspend, resume and destroy 25 VMs each and let time pass: nobody's are lost or mixed up, the laws hold."""
    manager = Manager(Host(cpus=4, quantum_us=1_000_000), interpreted=True)
    with serving(manager) as url, vmenv.connect(url) as client:

        def work(thread: int) -> list[int]:
            mine = []
            for k in range(25):
                vm = client.create([Phase(2_000_000 + k, 200)], tenant=thread)  # nobody is done before all are created
                mine.append(vm)
                if k % 4 == 1:
                    client.suspend(vm)
                if k % 8 == 1:
                    client.resume(vm)
                if k % 4 == 2:
                    client.destroy(vm)
                client.schedule("las", max_decisions=1)
            return mine

        with ThreadPoolExecutor(4) as pool:
            created = list(pool.map(work, range(4)))
        assert sorted(vm for mine in created for vm in mine) == list(range(100))
        for thread, mine in enumerate(created):
            assert {client.vm_status(vm).tenant for vm in mine} == {thread}
            for vm in mine:
                if client.vm_status(vm).state == "suspended":
                    client.resume(vm)
        assert client.schedule("las").stopped == Stop.DONE
    assert check_invariants(manager.state) == []
    run = manager.outcome()
    assert (run.completed | (run.destroyed_us >= 0)).all()
    assert run.cost == run.response_us.sum()
