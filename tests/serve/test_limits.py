"""Clients that send slowly, nothing, too much, or do not take their answers: nobody else is kept waiting."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import vmenv
from tests.serve.conftest import TOKEN, SlowManager, head_of, said, serving
from vmenv.live.client import Client
from vmenv.live.manager import Manager
from vmenv.serve.connection import Limits
from vmenv.workload import Phase

PATIENT = {"head_s": 60.0, "body_s": 60.0}  # not reached here


def open_to(url: str, text: bytes, source: str = "127.0.0.1") -> socket.socket:
    """Returns a connection on which this has been sent."""
    host, port = Client(url)._place
    connection = socket.create_connection((host, port), timeout=30, source_address=(source, 0))
    connection.sendall(text)
    return connection


@pytest.mark.parametrize("text", [b"", b"POST /v1/create HTTP/1.1\r\nHo", head_of("create", 50) + b"{"], ids=["nothing", "head", "body"])
@pytest.mark.parametrize("limits", [Limits(connections=8, **PATIENT), Limits(per_client=8, **PATIENT)], ids=["in all", "per client"])
def test_half_open_connections_make_room(text: bytes, limits: Limits) -> None:
    """Whoever is answered at once gets in however many others wait, and the one that waited longest is told why it went."""
    manager = Manager(interpreted=True)
    with serving(manager, limits=limits) as url:
        crowd = [open_to(url, text) for _ in range(40)]
        with vmenv.connect(url) as client:
            for k in range(20):
                assert client.create([Phase(5)]) == k
                crowd.append(open_to(url, text))
        status, answer = said(crowd[0])
        assert (status, "this one kept us waiting longest" in answer["message"]) == (503, True)
        for connection in crowd:
            connection.close()
    assert manager.num_vms == 20


def test_connections_that_are_being_answered_are_left_alone() -> None:
    """Both calls of one address are carried out, a third is too many, and another address has connections of its own."""
    manager = SlowManager()
    manager.create([Phase(5)])
    with serving(manager, limits=Limits(per_client=2, **PATIENT)) as url, ThreadPoolExecutor(2) as pool:
        first = pool.submit(Client(url).wait, 5)
        assert manager.begun.wait(30)
        second = open_to(url, head_of("suspend", 9) + b'{"vm": 0}')  # waits for its turn
        with open_to(url, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", source="127.0.0.2") as other:
            assert b"200 OK" in other.recv(1_000)
        status, answer = said(open_to(url, b""))
        assert (status, "all of them are being answered" in answer["message"]) == (503, True)
        manager.go.set()
        assert first.result(30) == 5
        assert b"200 OK" in second.recv(1_000)
        second.close()
    assert manager.vm_status(0).state == "suspended"


@pytest.mark.parametrize(
    ("text", "limits", "message"),
    [
        (b"", Limits(head_s=0.05), "the head of the request did not come in 0.05 s"),
        (b"GET /v1/observe HT", Limits(head_s=0.05), "the head of the request did not come in 0.05 s"),
        (head_of("create", 50) + b"{", Limits(body_s=0.05), "the body did not come in 0.05 s"),
    ],
    ids=["nothing", "head", "body"],
)
def test_whoever_is_too_slow_is_told(text: bytes, limits: Limits, message: str) -> None:
    with serving(Manager(interpreted=True), limits=limits) as url:
        status, answer = said(open_to(url, text))
        assert status == 408
        assert message in answer["message"]


def test_drops_do_not_put_the_end_off() -> None:
    """A byte now and then is no request, on a connection that has been answered before too."""
    with serving(Manager(interpreted=True), limits=Limits(head_s=1)) as url:
        connection = open_to(url, b"GET /v1/observe HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200 OK" in connection.recv(1_000)
        ended = threading.Event()

        def drip() -> None:
            try:
                while not ended.wait(0.02):
                    connection.send(b"G")
            except OSError:
                pass  # it is closed

        thread = threading.Thread(target=drip)
        thread.start()
        status, answer = said(connection)
        ended.set()
        thread.join()
        assert (status, "the head of the request" in answer["message"]) == (408, True)


def test_the_body_of_a_stranger_is_not_waited_for() -> None:
    """The head says all: nothing of the body has been sent, and none of it is asked for."""
    with serving(Manager(interpreted=True), token=TOKEN) as url:
        for head, status in [
            (head_of("create", 50, Connection="close"), 401),
            (head_of("create", 50, Connection="close", Expect="100-continue"), 401),
            (head_of("create", 10**12, Connection="close", Authorization=f"Bearer {TOKEN}"), 413),
            (head_of("create", 50, Connection="close", Authorization=f"Bearer {TOKEN}", Sec_Fetch_Site="cross-site"), 403),
        ]:
            assert said(open_to(url, head))[0] == status


def is_closed_in_time(connection: socket.socket) -> bool:
    """Sends until it is told that nobody is there."""
    with connection:
        for _ in range(3_000):
            try:
                connection.send(b"x")
            except OSError:
                return True
            time.sleep(0.01)
    return False


def test_whoever_takes_no_answers_is_cut_off() -> None:
    with serving(Manager(interpreted=True), limits=Limits(answer_s=0.05)) as url, vmenv.connect(url) as client:
        connection = open_to(url, b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 300)  # more than kernels buffer
        assert is_closed_in_time(connection)
        assert client.observe().vms == ()


def test_what_is_no_http_is_refused_in_json() -> None:
    with serving(Manager(interpreted=True)) as url:
        for text in (
            b"no HTTP at all\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00",
            b"GET / HTTP/1.1\r\n" + b"a" * 70_000,
            head_of("create", 10**4_000),
        ):
            status, answer = said(open_to(url, text))
            assert (status, "send HTTP/1.1" in answer["message"]) == (400, True)
