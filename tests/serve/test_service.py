"""The same host as in this process, whatever is sent to it."""

from __future__ import annotations

import dataclasses
import gc
import json
import weakref
from typing import Any

import pytest

import vmenv
from tests.serve.conftest import raw, serving
from vmenv.host.spec import Host
from vmenv.live.client import Client
from vmenv.live.control import QUESTIONS, Control
from vmenv.live.manager import Manager
from vmenv.serve.answers import encode
from vmenv.serve.models import call_names
from vmenv.workload import Phase


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


def test_rows_and_columns_are_what_the_host_tells() -> None:
    """With the same types, of nobody too; `GET /v1/observe` has the rows."""
    manager = Manager(Host(cpus=2), interpreted=True)
    with serving(manager) as url, vmenv.connect(url) as client:
        for k in range(3):
            here, there = manager.observe_columns(), client.observe_columns()
            assert vars(here) | {"vms": None} == vars(there) | {"vms": None}
            assert list(here.vms) == list(there.vms)
            for mine, its in zip(here.vms.values(), there.vms.values(), strict=True):
                assert mine.tolist() == its.tolist()
                assert mine.dtype.kind == its.dtype.kind
            assert client.observe() == manager.observe()
            assert raw(client, "GET", "/v1/observe") == (200, json.loads(json.dumps(dataclasses.asdict(manager.observe()))))
            client.create([Phase(5, 600)], slo_us=k)
            client.grant(k) if k != 1 else client.snapshot(0, disk_kib_s=1)


def test_what_was_answered_is_not_kept() -> None:
    """Some versions of orjson never let go of an array that they do not know how to write."""
    manager = Manager(interpreted=True)
    manager.create([Phase(5)])
    columns = manager.observe_columns()
    arrays = [weakref.ref(column) for column in columns.vms.values()]
    assert json.loads(encode(columns))["vms"]["state"] == ["runnable"]
    del columns
    gc.collect()
    assert [array() for array in arrays] == [None] * len(arrays)


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


def test_the_document_names_every_call(served: tuple[Manager, Client]) -> None:
    status, document = raw(served[1], "GET", "/openapi.json")
    assert status == 200
    assert list(document["paths"]) == [f"/v1/{name}" for name in call_names()]
    create = document["components"]["schemas"]["CreateRequest"]
    assert create["required"] == ["phases"]
    assert create["additionalProperties"] is False
    assert set(call_names()) == Control.__abstractmethods__
    assert set(call_names()) > QUESTIONS


def test_the_document_tells_what_is_allowed_and_what_is_refused(served: tuple[Manager, Client]) -> None:
    """The ends of each range are looked at by the host as they are told, and every status that comes is in the document."""
    _, client = served
    _, document = raw(client, "GET", "/openapi.json")
    schemas = document["components"]["schemas"]
    assert schemas["CreateRequest"]["properties"]["phases"]["minItems"] == 1
    assert "minItems" not in schemas["ScheduleRequest"]["properties"]["parameters"]
    for call, body in [
        ("VmStatus", {"vm": 0}),
        ("Wait", {}),
        ("Create", {"phases": [{"work_us": 5}]}),
        ("Snapshot", {"vm": 0, "disk_kib_s": 5}),
        ("Schedule", {}),
    ]:
        name = next(path for path in document["paths"] if path.replace("_", "") == f"/v1/{call.lower()}")
        for field, about in schemas[f"{call}Request"]["properties"].items():
            for wrong in [about["minimum"] - 1, about["maximum"] + 1] if "minimum" in about else []:
                status, answer = raw(client, "POST", name, json.dumps(body | {field: wrong}))
                assert (status, str(wrong) in answer["message"]) == (422, True), (call, field, answer)
    for path, about in document["paths"].items():
        assert set(next(iter(about.values()))["responses"]) >= {"200", "400", "401", "403", "408", "413", "415", "422", "500", "503"}, path
