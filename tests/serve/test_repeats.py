"""The same call under the same key is carried out once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import vmenv
from tests.serve.conftest import SlowManager, raw, serving
from vmenv.live.client import Client
from vmenv.live.manager import Manager
from vmenv.serve.answers import Answer
from vmenv.serve.repeats import Repeats, read_key


def post(client: Client, call: str, body: str, key: str) -> tuple[int, Any]:
    return raw(client, "POST", f"/v1/{call}", body, Idempotency_Key=key)


def test_a_repeat_is_answered_and_not_carried_out() -> None:
    """However it is written down; without a key, or under another, it is a call of its own."""
    manager = Manager(interpreted=True)
    with serving(manager) as url, vmenv.connect(url) as client:
        for body in ('{"phases": [{"work_us": 5}], "weight": 2}', '{"weight":2,\n"phases":[{"work_us":5}]}'):
            assert post(client, "create", body, "a-1") == (200, 0)
            assert post(client, "create", body, '"a-1"') == (200, 0)
        assert post(client, "create", body, "a-2") == (200, 1)
        assert raw(client, "POST", "/v1/create", body) == (200, 2)
        assert post(client, "grant", '{"vm": 0}', "g") == (200, None)
        assert post(client, "grant", '{"vm": 0}', "g") == (200, None)
        assert post(client, "grant", '{"vm": 0}', "h")[0] == 409
        assert post(client, "wait", "{}", "w") == post(client, "wait", "", "w") == (200, 5)
    assert manager.num_vms == 3


@pytest.mark.parametrize(
    ("call", "body"), [("create", '{"phases": [{"work_us": 6}]}'), ("wait", "{}"), ("suspend", f'{{"vm": {"9" * 40}}}')]
)
def test_a_key_stands_for_one_call(call: str, body: str) -> None:
    manager = Manager(interpreted=True)
    with serving(manager) as url, vmenv.connect(url) as client:
        assert post(client, "create", '{"phases": [{"work_us": 5}]}', "k") == (200, 0)
        status, answer = post(client, call, body, "k")
        assert (status, "Idempotency-Key 'k' came with another call before" in answer["message"]) == (422, True)
    assert (manager.num_vms, manager.clock_us) == (1, 0)


def test_what_was_refused_is_tried_again() -> None:
    """It has changed nothing, and may be possible by now."""
    with serving(Manager(interpreted=True)) as url, vmenv.connect(url) as client:
        assert post(client, "suspend", '{"vm": 0}', "s")[0] == 409
        client.create([vmenv.Phase(5)])
        assert post(client, "suspend", '{"vm": 0}', "s") == (200, None)


def test_a_repeat_of_a_call_that_is_under_way_waits_for_its_answer() -> None:
    manager = SlowManager()
    with serving(manager) as url, vmenv.connect(url) as client, ThreadPoolExecutor(2) as pool:
        client.create([vmenv.Phase(5)])
        client.grant(0)
        both = [pool.submit(post, client, "wait", "{}", "w") for _ in range(2)]
        assert manager.begun.wait(30)
        manager.go.set()
        assert [one.result(30) for one in both] == [(200, 5)] * 2
        assert client.observe().vms == ()


def test_the_oldest_key_is_forgotten() -> None:
    repeats = Repeats(most_keys=2)
    for k in range(3):
        repeats.remember(str(k), "grant", {"vm": k}, Answer(200, b"null"))
        repeats.remember(None, "grant", {"vm": k}, Answer(200, b"null"))
    assert [repeats.find(str(k), "grant", {"vm": k}) is None for k in range(3)] == [True, False, False]


def test_keys_are_strings() -> None:
    for headers, key in [([], None), (["a"], "a"), ([' "a b" '], "a b"), (['"a\\"b\\\\"'], 'a"b\\'), (["x" * 200], "x" * 200)]:
        assert read_key(headers) == key
    for wrong in ([""], ['""'], ["a b"], ["a", "a"], ["x" * 201], ['"a'], ['a"'], ['"a\\c"'], ["ü"], ['"\x7f"']):
        with pytest.raises(vmenv.SpecError, match="give one string of 1 to 200 printable ASCII characters"):
            read_key(wrong)
