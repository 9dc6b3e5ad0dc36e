"""The monitor of a QEMU that says what it should, and of one that does not."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from vmenv.errors import SimulationError
from vmenv.live.drivers import _qmp
from vmenv.live.drivers._qmp import Event, Qmp

GREETING = {"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 0}}, "capabilities": []}}
STOP = {"event": "STOP", "timestamp": {"seconds": 2, "microseconds": 5}}


@contextmanager
def monitor(*answers: object, greeting: object = GREETING) -> Iterator[tuple[Qmp, list[bytes]]]:
    """A QEMU that greets, and then says one of these for each command, bytes as they are; at the end it goes."""
    here, there = socket.socketpair()
    heard: list[bytes] = []

    def serve() -> None:
        with there, there.makefile("rb") as lines:
            for answer in (greeting, *answers):
                there.sendall(answer if isinstance(answer, bytes) else json.dumps(answer).encode() + b"\n")
                heard.append(lines.readline())

    thread = threading.Thread(target=serve)
    thread.start()
    qmp = Qmp(here)
    try:
        yield qmp, heard
    finally:
        qmp.close()
        thread.join()


def test_commands_and_events() -> None:
    """What is said between a command and its answer is kept."""
    said = b"".join(json.dumps(one).encode() + b"\n" for one in (STOP, {"return": {"status": "paused"}}))
    with monitor({"return": {}}, said, {"return": {}}) as (qmp, heard):
        qmp.begin()
        assert qmp.do("query-status", some_word=5) == {"status": "paused"}
        assert json.loads(heard[1]) == {"execute": "query-status", "arguments": {"some-word": 5}}
        assert qmp.event(1) == Event("STOP", {}, 2_000_005)
        assert qmp.event(0.001) is None
        assert qmp.do("cont") == {}


def test_a_file_goes_with_a_command() -> None:
    here, there = socket.socketpair()
    with there:
        qmp = Qmp(here)
        there.sendall(b'{"return": {}}\n')
        read, write = os.pipe()
        qmp.do("getfd", file=write, fdname="it")
        os.close(write)
        line, files, *_ = socket.recv_fds(there, 1000, 5)
        os.write(files[0], b"x")
        os.close(files[0])
        assert os.read(read, 5) == b"x"
        os.close(read)
        assert json.loads(line)["arguments"] == {"fdname": "it"}
        qmp.close()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"error": {"class": "GenericError", "desc": "no such thing"}}, "refuses stop: .*no such thing"),
        (b"{\n", "no JSON"),
        (b"[]\n", "no QEMU does"),
        ({"event": 5}, "no QEMU does"),
        (b"x" * (1 << 20) + b"x", "more than any QEMU"),
    ],
    ids=["refused", "no JSON", "a list", "an event without a time", "too long"],
)
def test_answers_that_are_none(answer: object, message: str) -> None:
    with monitor({"return": {}}, answer) as (qmp, _):
        qmp.begin()
        with pytest.raises(SimulationError, match=message):
            qmp.do("stop")


@pytest.mark.parametrize(
    ("greeting", "message"),
    [
        ({"QMP": {"version": {"qemu": {"major": 6}}}}, "install QEMU 7 or later"),
        ({"QMP": {"version": {}}}, "no QEMU does"),
        ({"QMP": 5}, "no QEMU does"),
    ],
    ids=["too old", "without a version", "none"],
)
def test_greetings_that_are_none(greeting: object, message: str) -> None:
    with monitor(greeting=greeting) as (qmp, _), pytest.raises(SimulationError, match=message):
        qmp.begin()


def test_gone_or_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    with monitor({"return": {}}) as (qmp, _):
        qmp.begin()
        with pytest.raises(SimulationError, match=r"has ended|gone"):
            qmp.do("stop")
    here, there = socket.socketpair()
    monkeypatch.setattr(_qmp, "ANSWER_S", 0.05)
    with there:
        qmp = Qmp(here)
        with pytest.raises(SimulationError, match="does not greet"):
            qmp.begin()
        with pytest.raises(SimulationError, match="does not answer stop"):
            qmp.do("stop")
        qmp.close()
