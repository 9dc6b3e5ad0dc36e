"""A real server on a loopback port, and requests that the client would not send."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import vmenv
from vmenv.host.spec import Disk, Host
from vmenv.live.client import Client
from vmenv.live.manager import Manager
from vmenv.serve.calls import Calls
from vmenv.serve.journal import Journal
from vmenv.serve.server import make_server, open_socket, url_of
from vmenv.workload import Phase

TOKEN = "a-token-for-these-tests-only"


MOST_BYTES = 20_000


@contextmanager
def serving(manager: Manager, journal: Path | None = None, **options: Any) -> Iterator[str]:
    """Serves a host from a thread and gives the URL."""
    book = Journal(journal, manager) if journal is not None else None
    listening = open_socket("127.0.0.1", 0)
    calls = Calls(manager, book)
    server = make_server(calls, most_bytes=MOST_BYTES, **options)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield url_of(listening)
    finally:
        server.should_exit = True
        thread.join(30)
        listening.close()
        calls.finish()
        if book is not None:
            book.close()
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Manager, Client]]:
    """A host with some VMs that nothing below is to change, and a client of it."""
    manager = Manager(Host(cpus=2, disks=(Disk(bandwidth_kib_s=500), Disk()), switch_us=3), interpreted=True)
    for k in range(5):
        manager.create([Phase(30 + k, 700, 50), Phase(10, 100)], arrival_us=10 * k)
    manager.grant(0)
    with serving(manager) as url:
        client = vmenv.connect(url)
        yield manager, client
        client.close()


def raw(client: Client, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str]]:
    """Sends what the client would not."""
    host, port = client._place
    connection = http.client.HTTPConnection(host, port, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, {"Content-Type": "application/json"} | named)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    return response.status, answer


def said(connection: socket.socket) -> tuple[int, dict[str, str]]:
    """Reads what is answered until the connection is closed at the other end, and closes it at this one."""
    answer = b""
    with connection, contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65_536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def head_of(call: str, length: int, **headers: str) -> bytes:
    """Returns the head of a POST."""
    lines = [f"POST /v1/{call} HTTP/1.1", "Host: localhost", "Content-Type: application/json", f"Content-Length: {length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


class SlowManager(Manager):
    """A host whose `wait` begins, and goes on when it is let."""

    def __init__(self, **options: Any) -> None:
        super().__init__(interpreted=True, **options)
        self.begun, self.go = threading.Event(), threading.Event()

    def wait(self, until_us: int | None = None) -> int:
        self.begun.set()
        assert self.go.wait(30)
        return super().wait(until_us)
