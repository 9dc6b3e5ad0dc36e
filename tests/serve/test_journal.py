"""A service that was killed goes on where it stood; a journal that is damaged, foreign or in use is refused and left as it is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vmenv
from tests.serve.conftest import raw, serving
from vmenv.host import columns as c
from vmenv.host.spec import Disk, Host
from vmenv.live.manager import Manager
from vmenv.serve.answers import Answer
from vmenv.serve.calls import Calls
from vmenv.serve.journal import Journal
from vmenv.workload import Phase

HOST = Host(cpus=2, quantum_us=10, switch_us=1, disks=(Disk(bandwidth_kib_s=500), Disk()))


def fresh(**options: Any) -> Manager:
    return Manager(HOST, interpreted=True, **options)


def play(path: Path) -> str:
    """Drives a host through a service with a journal, and returns its digest."""
    with serving(manager := fresh(), journal=path) as url, vmenv.connect(url) as client:
        for k in range(5):
            client.create([Phase(40 + k, 600, 30, 5, 7), Phase(9)], arrival_us=5 * k, weight=1 + k)
        client.grant(0)
        client.wait()
        with pytest.raises(vmenv.ActionError):
            client.grant(99)
        client.suspend(1)
        client.schedule("mlfq", parameters={"threshold_us": 7.5}, max_decisions=2)
        client.schedule("gittins", parameters={"sizes_us": [40, 41.0, 60]}, until_us=60)
        client.snapshot(2, disk_kib_s=300)
        client.observe()
        client.resume(1)
        client.destroy(3)
        client.schedule("lottery", seed=4, max_decisions=3)
        assert raw(client, "POST", "/v1/create", '{"phases": [{"work_us": 5}]}', Idempotency_Key="k") == (200, 6)
    return manager.digest()


def replayed(path: Path, manager: Manager) -> int:
    journal = Journal(path, manager)
    try:
        return Calls(manager, journal).num_replayed
    finally:
        journal.close()


def test_it_goes_on_where_it_stood(tmp_path: Path) -> None:
    """The same digest, the same keys; and what comes after is written behind it."""
    path = tmp_path / "journal"
    digest = play(path)
    assert [json.loads(line)["line"].get("call") for line in path.read_text().splitlines()] == [
        *[None, "create", "create", "create", "create", "create", "grant", "wait", "suspend", "schedule", "schedule", "snapshot"],
        *["resume", "destroy", "schedule", "create"],
    ]
    with serving(again := fresh(), journal=path) as url, vmenv.connect(url) as client:
        assert client.digest() == digest
        assert raw(client, "POST", "/v1/create", '{"phases": [{"work_us": 5}]}', Idempotency_Key="k") == (200, 6)
        assert raw(client, "POST", "/v1/create", '{"phases": [{"work_us": 6}]}', Idempotency_Key="k")[0] == 422
        assert client.digest() == digest
        client.schedule("las")
    third = fresh()
    assert replayed(path, third) == 16
    assert third.digest() == again.digest() != digest


def test_a_line_that_was_cut_off_is_dropped(tmp_path: Path) -> None:
    """Wherever it was cut: its call was not answered. The next one is written in its place."""
    path = tmp_path / "journal"
    play(path)
    whole = path.read_bytes()
    last = whole.rfind(b"\n", 0, -1) + 1
    kept = fresh()
    path.write_bytes(whole[:last])
    replayed(path, kept)
    for length in (last, last + 5, (last + len(whole)) // 2, len(whole) - 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        manager = fresh()
        assert replayed(path, manager) == 14
        assert manager.digest() == kept.digest()
        assert path.read_bytes() == whole[:last]
    first = whole.find(b"\n")
    for length in range(0, first, 17):  # nothing but the beginning of a head
        path.write_bytes(whole[:length])
        assert replayed(path, fresh()) == 0
        assert path.read_bytes() == whole[: first + 1]


def without_line_4(lines: list[bytes]) -> list[bytes]:
    return lines[:3] + lines[4:]


def with_lines_4_and_5_changed(lines: list[bytes]) -> list[bytes]:
    return [*lines[:3], lines[4], lines[3], *lines[5:]]


def with_another_work(lines: list[bytes]) -> list[bytes]:
    return [*lines[:3], lines[3].replace(b'"work_us": 42', b'"work_us": 43'), *lines[4:]]


def with_an_empty_line(lines: list[bytes]) -> list[bytes]:
    return [*lines[:3], b"\n", *lines[3:]]


@pytest.mark.parametrize("damage", [without_line_4, with_lines_4_and_5_changed, with_another_work, with_an_empty_line])
def test_a_damaged_line_is_refused(tmp_path: Path, damage: Callable[[list[bytes]], list[bytes]]) -> None:
    path = tmp_path / "journal"
    play(path)
    lines = path.read_bytes().splitlines(keepends=True)
    damaged = b"".join(damage(lines))
    assert damaged != b"".join(lines)
    path.write_bytes(damaged)
    with pytest.raises(vmenv.SpecError, match="line 4 is damaged: bring back a copy"):
        replayed(path, fresh())
    assert path.read_bytes() == damaged


@pytest.mark.parametrize(
    ("manager", "message"),
    [
        (Manager(Host(cpus=3, quantum_us=10, switch_us=1, disks=HOST.disks)), r"host.cpus was 2, now it is 3"),
        (Manager(), r"host.cpus was 2, now it is 1"),
        (Manager(HOST, num_slots=3), r"num_slots was None, now it is 3"),
        (Manager(HOST, objective="mean_slowdown"), r"objective was 'mean_response_us', now it is 'mean_slowdown'"),
    ],
)
def test_another_host_is_refused(tmp_path: Path, manager: Manager, message: str) -> None:
    path = tmp_path / "journal"
    play(path)
    before = path.read_bytes()
    with pytest.raises(vmenv.SpecError, match=message):
        Journal(path, manager)
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", [b"x", b"{}\n", b"some text of mine\nwithout an end", b'{"sum": 5}\n'])
def test_files_of_others_are_left_alone(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "mine"
    path.write_bytes(text)
    with pytest.raises(vmenv.SpecError, match="mine is no journal: give a file that a service wrote"):
        Journal(path, fresh())
    assert path.read_bytes() == text
    for nowhere in (tmp_path, tmp_path / "no" / "folder"):
        with pytest.raises(vmenv.ServiceError, match="cannot be opened"):
            Journal(nowhere, fresh())


def test_a_journal_belongs_to_one_process(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal", fresh())
    with pytest.raises(vmenv.ServiceError, match="belongs to another process"):
        Journal(tmp_path / "journal", fresh())
    first.close()
    Journal(tmp_path / "journal", fresh()).close()


def test_what_a_simulation_error_has_done_is_written_down(tmp_path: Path) -> None:
    """The clock would go too far, but decisions came before that."""
    path = tmp_path / "journal"
    host = Host(preempt="none")
    manager = Manager(host, interpreted=True)
    with serving(manager, journal=path) as url, vmenv.connect(url) as client:
        client.create([Phase(c.CLOCK_LIMIT_US), Phase(1)])
        with pytest.raises(vmenv.SimulationError):
            client.schedule("fcfs")
    assert manager.vm_status(0).state == "running"
    again = Manager(host, interpreted=True)
    assert replayed(path, again) == 2
    assert again.digest() == manager.digest()


def test_another_outcome_is_refused(tmp_path: Path) -> None:
    """As another version might come to: the line says so."""
    path = tmp_path / "journal"
    journal = Journal(path, fresh())
    journal.append("create", {"phases": [{"work_us": 5}, {"work_us": 5}]}, None, Answer(200, b"7"))
    journal.close()
    with pytest.raises(vmenv.SpecError, match=r"line 2: create does not come to what it came to .*: replay it with vmenv"):
        replayed(path, fresh())
    with pytest.raises(vmenv.SpecError, match=r"line 2: create is refused now \(2 more phases would be 2 in all"):
        replayed(path, fresh(most_phases=1))


def test_what_cannot_be_written_down_is_not_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full: the host is ahead of the journal, and nothing more is changed; a new service begins where the journal ends."""
    path = tmp_path / "journal"
    with serving(fresh(), journal=path) as url, vmenv.connect(url) as client:
        client.create([Phase(5)])

        def full(file: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        for call in (lambda: client.create([Phase(6)]), lambda: client.suspend(0)):
            with pytest.raises(vmenv.ServiceError, match=r"create failed in the middle .*No space left"):
                call()
        monkeypatch.undo()
        assert client.digest() != ""
