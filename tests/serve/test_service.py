"""A real server on a loopback port: the same host as in this process, whatever is sent to it and whoever breaks off."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

import vmenv
from vmenv.host.invariants import check_invariants
from vmenv.host.spec import Disk, Host
from vmenv.live.client import Client
from vmenv.live.control import Control
from vmenv.live.manager import Manager
from vmenv.live.status import Stop
from vmenv.serve.models import call_names
from vmenv.serve.server import check_reach, make_server, open_socket, url_of
from vmenv.workload import Phase

TOKEN = "a-token-for-these-tests-only"
MOST_BYTES = 20_000


@contextmanager
def serving(manager: Manager, **options: Any) -> Iterator[str]:
    """Serves a host from a thread and gives the URL."""
    listening = open_socket("127.0.0.1", 0)
    server = make_server(manager, most_bytes=MOST_BYTES, **options)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield url_of(listening)
    finally:
        server.should_exit = True
        thread.join(30)
        listening.close()
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


def session(control: Control) -> list[Any]:
    """Every call, and what it answers."""
    said: list[Any] = [control.describe_host()]
    for k in range(6):
        given = {"weight": 1 + k, "priority": k % 2, "slo_us": 50, "image_mib": 3, "estimate_us": 40, "tenant": k % 3}
        said.append(control.create([Phase(40 + k, 600, 30, 5, 7), Phase(9)], arrival_us=5 * k, **given))
    said += [control.grant(0), control.wait(), control.observe(), control.vm_status(5)]
    said += [control.suspend(0), control.wait(12), control.schedule("las", until_us=30), control.observe(), control.resume(0)]
    said += [control.schedule("mlfq", parameters={"threshold_us": 7.5, "resident_first": True}, max_decisions=2)]
    said += [control.schedule("gittins", parameters={"sizes_us": [40, 41.0, 60]}, until_us=60), control.destroy(3)]
    said += [control.schedule("lottery", seed=4), control.vm_status(3), control.observe(), control.metrics(), control.digest()]
    return said


def test_a_remote_host_is_a_host() -> None:
    """The same calls give the same answers, to the type, and the same digest."""
    here = session(Manager(Host(quantum_us=10, switch_us=1), interpreted=True))
    with serving(Manager(Host(quantum_us=10, switch_us=1), interpreted=True)) as url, vmenv.connect(url) as client:
        there = session(client)
    assert there == here
    assert [type(answer) for answer in there] == [type(answer) for answer in here]
    assert here[-4].state is there[-4].state


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


REFUSED: list[tuple[str, Any, int, str]] = [
    ("create", b'{"phases": [{"work_us"', 422, "the body is no JSON"),
    ("create", b"\xff\xfe", 422, "the body"),
    ("create", b"[" * 15_000, 400, "cannot be read"),
    ("create", b'{"phases": [{"work_us": ' + b"9" * 10_000 + b"}]}", 400, "cannot be read"),
    ("create", b"[]", 422, "the body is []: give a JSON object"),
    ("create", b"", 422, "create got no body: give a JSON object"),
    ("create", b"{}", 422, "phases is missing: create needs it"),
    ("create", b'{"phases": [{}]}', 422, "phases[0].work_us is missing"),
    ("create", b'{"phases": [{"work_us": "5"}]}', 422, "phases[0].work_us is '5': give a whole number"),
    ("create", b'{"phases": [{"work_us": 5.0}]}', 422, "phases[0].work_us is 5.0: give a whole number"),
    ("create", b'{"phases": [{"work_us": true}]}', 422, "phases[0].work_us is True: give a whole number"),
    ("create", b'{"phases": [{"work_us": NaN}]}', 422, "phases[0].work_us is nan"),
    ("create", b'{"phases": [{"work_us": 5, "cpu_milicores": 3}]}', 422, "did you mean 'cpu_millicores'?"),
    ("create", b'{"phases": [{"work_us": 5}], "wieght": 3}', 422, "create got 'wieght': did you mean 'weight'?"),
    ("create", b'{"phases": [{"work_us": 5}], "weight": null}', 422, "weight is None: give a whole number"),
    ("create", b'{"phases": [{"work_us": 0}]}', 422, "work_us[0] is 0: give whole numbers from 1"),
    ("create", b'{"phases": [{"work_us": 99999999999999999999999}]}', 422, "work_us"),
    ("create", b'{"phases": [{"work_us": 5, "memory_mib": 5000}]}', 422, "the VM demands memory_mib=5000, more than the host's 1024"),
    ("create", b'{"phases": [' + b"[]," * 5_000 + b"[]]}", 422, "phases[0] is []: give a JSON object"),
    ("create", b'{"phases": []}', 422, "give a list of one or more"),
    ("grant", b'{"vm": 99}', 409, "there is no VM 99: VMs 0 to 4 have been created"),
    ("grant", b'{"vm": 0}', 409, "it is running, and must be runnable"),
    ("wait", b'{"until_us": -1}', 422, "until_us is -1"),
    ("schedule", b'{"scheduler": "tsr"}', 422, "did you mean 'tsrr'?"),
    ("schedule", b'{"scheduler": "' + b"x" * 201 + b'"}', 422, "give at most 200 characters"),
    ("schedule", b'{"scheduler": "../policies/thrash-index"}', 422, "unknown scheduler"),
    ("schedule", b'{"scheduler": "mlfq", "parameters": {"ratio": {}}}', 422, "parameters.ratio"),
    ("schedule", b'{"max_decisions": 100000000}', 422, "max_decisions is 100000000"),
    ("creat", b"{}", 404, "did you mean '/v1/create'?"),
]


@pytest.mark.parametrize(("call", "body", "status", "message"), REFUSED)
def test_what_cannot_be_meant_changes_nothing(served: tuple[Manager, Client], call: str, body: bytes, status: int, message: str) -> None:
    manager, client = served
    before = manager.digest(), manager.observe()
    got, answer = raw(client, "POST", f"/v1/{call}", body)
    assert (got, set(answer)) == (status, {"error", "message"})
    assert message in answer["message"]
    assert (manager.digest(), manager.observe()) == before


def test_who_may_not_call(served: tuple[Manager, Client]) -> None:
    """Too much, no JSON, the wrong method, and what a page in a browser could send."""
    manager, client = served
    before = manager.digest()
    for length in (MOST_BYTES + 1, 15 * MOST_BYTES):
        status, answer = raw(client, "POST", "/v1/grant", b" " * length)
        assert (status, answer["message"]) == (413, f"the body is longer than {MOST_BYTES} bytes: send less at a time")
    status, answer = raw(client, "POST", "/v1/grant", (b" " * 5_000 for _ in range(5)))  # chunks without a length
    assert status == 413
    status, answer = raw(client, "POST", "/v1/grant", b'{"vm": 1}', Content_Type="text/plain")
    assert (status, "send JSON" in answer["message"]) == (415, True)
    status, answer = raw(client, "GET", "/v1/grant")
    assert (status, answer["message"]) == (405, "GET /v1/grant is none of the calls: use POST")
    assert manager.digest() == before


@pytest.mark.parametrize(
    "host", ["example.org", "[::1]evil.com", "[::1", "127.0.0.1:x", "127.0.0.1@evil.com", "localhost.", "127.0.0.1, evil.com", ""]
)
def test_only_local_names_lead_here(served: tuple[Manager, Client], host: str) -> None:
    """A page could let a name of its own point to this machine."""
    status, answer = raw(served[1], "GET", "/v1/observe", Host=host)
    assert (status, "is not local" in answer["message"]) == (403, True)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.com"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "what comes next"},
    ],
    ids=lambda headers: str(*headers.values()),
)
def test_pages_from_elsewhere_change_nothing(headers: dict[str, str]) -> None:
    """With a token too: a page could have guessed it, or found it in a history."""
    manager = Manager(interpreted=True)
    manager.create([Phase(5)])
    before = manager.digest()
    for options, shown in (({}, {}), ({"token": TOKEN}, {"Authorization": f"Bearer {TOKEN}"})):
        with serving(manager, **options) as url, vmenv.connect(url, **options) as client:
            for method, call in (("POST", "wait"), ("POST", "schedule"), ("GET", "observe")):
                status, answer = raw(client, method, f"/v1/{call}", **headers, **shown)
                assert (status, "another origin" in answer["message"]) == (403, True)
            assert raw(client, "GET", "/v1/observe", Origin=url, Sec_Fetch_Site="same-origin", **shown)[0] == 200
    assert manager.digest() == before


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_a_post_without_a_body_must_call_itself_json_too(served: tuple[Manager, Client], kind: str) -> None:
    """A form of any page sends an empty POST, and `wait` needs no body."""
    manager, client = served
    before = manager.digest()
    for body in (None, b"", b"{}"):
        status, answer = raw(client, "POST", "/v1/wait", body, Content_Type=kind)
        assert (status, "send JSON" in answer["message"]) == (415, True)
    assert manager.digest() == before


def test_errors_come_back_as_they_are(served: tuple[Manager, Client]) -> None:
    _, client = served
    for call, error in [
        (lambda: client.grant(0), vmenv.ActionError),
        (lambda: client.create([Phase(0)]), vmenv.SpecError),
        (lambda: client.create([Phase(1.5)]), vmenv.SpecError),
        (lambda: client.create([Phase(object())]), vmenv.SpecError),
        (lambda: client.schedule("tsr"), vmenv.UnknownNameError),
        (lambda: client.schedule("f1", parameters={"x": float("nan")}), vmenv.SpecError),
    ]:
        with pytest.raises(error):
            call()


def test_a_client_that_dies_in_mid_call(served: tuple[Manager, Client]) -> None:
    """Half a head, half a body, gone before the answer: the first two do nothing, the third is carried out; others notice nothing."""
    manager, client = served
    before = manager.digest()
    for text in (
        b"POST /v1/grant HT",
        b"POST /v1/grant HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{",
    ):
        with socket.create_connection(client._place) as connection:
            connection.sendall(text)
    with socket.create_connection(client._place) as connection:
        connection.sendall(b"no HTTP at all\r\n\r\n")
        assert b"400" in connection.recv(1_000)
    assert client.digest() == before

    fresh = Manager(interpreted=True)
    with serving(fresh) as url, vmenv.connect(url) as other:
        body = b'{"phases": [{"work_us": 5}]}'
        with socket.create_connection(other._place) as connection:
            connection.sendall(b"POST /v1/create HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n")
            connection.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        for _ in range(200):
            if other.observe().vms:
                break
            time.sleep(0.01)
        assert other.vm_status(0).state == "runnable"
        assert check_invariants(fresh.state) == []


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


def test_a_token_is_asked_for() -> None:
    manager = Manager(interpreted=True)
    with serving(manager, token=TOKEN) as url, vmenv.connect(url, token=TOKEN) as client:
        assert client.create([Phase(5)]) == 0
        for wrong in (None, "", TOKEN[:-1], TOKEN + "x"):
            with pytest.raises(vmenv.VmenvError, match="the token is missing or wrong"):
                vmenv.connect(url, token=wrong)
        with pytest.raises(vmenv.SpecError, match="give printable ASCII"):
            vmenv.connect(url, token="\u2603" * 20)
        assert raw(client, "GET", "/v1/observe", Authorization="Bearer \xfc")[0] == 401
        assert raw(client, "GET", "/openapi.json")[0] == 401
        assert raw(client, "GET", "/v1/observe", Authorization=f"Basic {TOKEN}")[0] == 401
        assert raw(client, "GET", "/v1/observe", Authorization=f"bearer {TOKEN}", Host="example.org")[0] == 200
        assert raw(client, "POST", "/v1/create", b" " * 5 * MOST_BYTES)[0] == 401
    assert manager.num_vms == 1


def test_others_need_a_token() -> None:
    for address in ("127.0.0.1", "127.1.2.3", "localhost", "::1"):
        check_reach(address, None)
    for address in ("0.0.0.0", "::", "192.168.0.1", "example.org", ""):
        with pytest.raises(vmenv.SpecError, match="can be reached from other machines: give a token"):
            check_reach(address, None)
        check_reach(address, TOKEN)
    for token in ("short", "with a space in it, long enough", "ümlaut" * 5):
        with pytest.raises(vmenv.SpecError, match="printable ASCII"):
            check_reach("127.0.0.1", token)


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


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Something else than a service, which answers one connection."""
    listening = open_socket("127.0.0.1", 0)

    def run() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(10_000)
            answer(connection)

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
    with answering(lambda connection: None) as url, pytest.raises(vmenv.ServiceError, match="lost while describe_host was under way"):
        vmenv.connect(url)


def test_the_document_names_every_call(served: tuple[Manager, Client]) -> None:
    status, document = raw(served[1], "GET", "/openapi.json")
    assert status == 200
    assert list(document["paths"]) == [f"/v1/{name}" for name in call_names()]
    create = document["components"]["schemas"]["Create"]
    assert create["required"] == ["phases"]
    assert create["additionalProperties"] is False
    assert set(call_names()) == Control.__abstractmethods__
