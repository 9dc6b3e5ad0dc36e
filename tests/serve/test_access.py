"""Who may call, and what a page in a browser could send."""

from __future__ import annotations

import pytest

import vmenv
from tests.serve.conftest import MOST_BYTES, TOKEN, raw, serving
from vmenv.live.client import Client
from vmenv.live.manager import Manager
from vmenv.serve.server import check_reach
from vmenv.workload import Phase


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
    for kind in ("application/json", "text/plain", ""):
        status, answer = raw(client, "POST", "/v1/observe", Content_Type=kind)
        assert (status, answer["message"]) == (405, "POST /v1/observe is none of the calls: use GET")
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
