"""Registries: found by itself, named from outside, and nobody is forgotten in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import vmenv
from vmenv.dispatch.saved import save_scheduler
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.episodes.kinds import KINDS
from vmenv.errors import SpecError, UnknownNameError
from vmenv.registry import Registry

ENTRY = """
from tests.test_registry import Thing, things

{decorator}
class {name}(Thing):
    pass
"""


class Thing:
    """What the entries of a test are."""


things: Registry[type[Thing]] = Registry("thing", base=Thing)


def make_package(folder: Path, files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Writes a package that nobody has imported, and returns its name."""
    name = f"found_{folder.name}".replace("-", "_")
    (folder / name).mkdir()
    for file, text in {"__init__.py": "", **files}.items():
        (folder / name / file).write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    return name


def test_helpers_are_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = make_package(tmp_path, {"_helper.py": "raise RuntimeError"}, monkeypatch)
    assert Registry("thing", package, base=Thing).names() == []


def test_what_is_not_registered_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "empty.py": "",
        "forgotten.py": ENTRY.format(decorator="", name="Forgotten"),
        "helped.py": ENTRY.format(decorator="@things.register('helped')", name="Helped") + "class _Base(Thing): ...",
        "right.py": ENTRY.format(decorator="@things.register('right')", name="Right"),
    }
    package = make_package(tmp_path, files, monkeypatch)
    things._packages, things._discovered = (package,), False
    with pytest.warns(UserWarning, match="so that no name leads to it") as told:
        assert things.names() == ["helped", "right"]
    messages = [str(warning.message) for warning in told]
    assert len(messages) == 2
    assert "empty registers no thing" in messages[0]
    assert "forgotten.Forgotten is not registered" in messages[1]
    assert all('write @THINGS.register("a_name") above it' in message for message in messages)


class Mine(Scheduler):
    """A scheduler that nobody registered."""

    information = "blind"
    source = "a test"

    @staticmethod
    def key(vm: object, host: object, params: object) -> tuple[float, float]:
        return 0.0, 0.0


def test_what_is_outside_is_named_by_its_module() -> None:
    name = "tests.test_registry:Mine"
    assert type(vmenv.make_scheduler(name)) is Mine
    host, work = vmenv.Host(), vmenv.Workload.from_arrays([0, 0], [30, 10])
    assert vmenv.simulate(host, work, name, interpreted=True).digest() == vmenv.simulate(host, work, "fcfs", interpreted=True).digest()
    with pytest.raises(SpecError, match="there is no module 'no_such_module'"):
        vmenv.make_scheduler("no_such_module:Mine")
    with pytest.raises(SpecError, match="has no 'Yours'"):
        vmenv.make_scheduler("tests.test_registry:Yours")
    with pytest.raises(SpecError, match=r"is no scheduler: give the name of a subclass of vmenv\.dispatch\.scheduler\.Scheduler"):
        vmenv.make_scheduler("tests.test_registry:Thing")


class Plain(Mine):
    """Its parameter is none, as nobody has made it a dataclass."""

    boost: float = 1.0


def test_a_dataclass_that_is_none_is_told() -> None:
    with pytest.raises(SpecError, match=r"Plain is no dataclass: write @dataclass\(frozen=True, kw_only=True\) above it"):
        vmenv.make_scheduler("tests.test_registry:Plain", boost=2.0)


def test_a_scheduler_from_outside_is_loaded_by_the_name_in_its_card(tmp_path: Path) -> None:
    save_scheduler(Mine(backfill=False), tmp_path / "policy", {})
    loaded = vmenv.load_policy(tmp_path)
    assert (type(loaded), loaded.backfill) == (Mine, False)


def test_a_card_imports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger's card may name a module that comes with it: code is run only if who loads it has imported it."""
    package = make_package(tmp_path, {"theirs.py": "raise RuntimeError('run')"}, monkeypatch)
    card = {"kind": "tuned", "scheduler": f"{package}.theirs:X", "parameters": {}}
    (tmp_path / "policy.json").write_text(json.dumps(card))
    with pytest.raises(SpecError, match=r"import that first, if you trust it"):
        vmenv.load_policy(tmp_path)


def test_no_name_means_two_things() -> None:
    """Scenarios and saved policies of all kinds are found by name alone; so are the loaders of policies."""
    for names in (vmenv.list_scenarios(), vmenv.list_policies(), [loader for name in KINDS.names() for loader in KINDS[name].loaders]):
        assert len(set(names)) == len(names)
    assert "las" in SCHEDULERS
    with pytest.raises(UnknownNameError, match="did you mean 'dispatch'"):
        vmenv.list_schedulers("dispach")
