"""The client, where nobody or somebody else answers. That a remote host is a host is in `tests/serve`."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

import vmenv
from vmenv.live.client import Client
from vmenv.serve.server import open_socket, url_of


def test_nobody_there() -> None:
    listening = open_socket("127.0.0.1", 0)
    with pytest.raises(vmenv.ServiceError, match="cannot listen on 127"):
        open_socket("127.0.0.1", listening.getsockname()[1])
    url = url_of(listening)
    listening.close()
    with pytest.raises(vmenv.ServiceError, match="nobody answers at"):
        vmenv.connect(url)
    for wrong in ("127.0.0.1:80", "ftp://x", "http://x:y", "http://x/path"):
        with pytest.raises(vmenv.SpecError, match="give http://host:port"):
            vmenv.connect(wrong)


asked: list[bytes] = []  # by the last one below


def hang_up(connection: socket.socket) -> None:
    """Answers nothing."""


@contextmanager
def answering(*answers: Callable[[socket.socket], None]) -> Iterator[str]:
    """Something else than a service, which answers so many connections."""
    listening = open_socket("127.0.0.1", 0)

    def run() -> None:
        for answer in answers:
            connection, _ = listening.accept()
            with connection:
                asked.append(connection.recv(10_000))
                answer(connection)

    asked.clear()
    thread = threading.Thread(target=run)
    thread.start()
    yield url_of(listening)
    thread.join()
    listening.close()


def test_something_else_answers() -> None:
    with (
        answering(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")) as url,
        pytest.raises(vmenv.ServiceError, match="is that `vmenv serve`"),
    ):
        vmenv.connect(url)
    with answering(hang_up, hang_up) as url, pytest.raises(vmenv.ServiceError, match="lost while describe_host was under way"):
        vmenv.connect(url)


def test_a_call_whose_connection_is_lost_is_sent_once_more() -> None:
    """Under the same key, another call under another."""
    three = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n3"
    with answering(hang_up, lambda connection: connection.sendall(three), lambda connection: connection.sendall(three)) as url:
        client = Client(url)
        assert [client.create([vmenv.Phase(5)]), client.wait()] == [3, 3]
    keys = [re.search(rb"Idempotency-Key: (\S+)", head)[1] for head in asked]
    assert keys[0] == keys[1] != keys[2]


def test_who_waits_too_long_does_not_send_it_again() -> None:
    """It may be under way."""
    gone = threading.Event()
    with answering(lambda connection: gone.wait(30)) as url:
        with pytest.raises(vmenv.ServiceError, match="may have been carried out or not"):
            Client(url, timeout_s=0.1).wait()
        gone.set()
    assert len(asked) == 1
