"""What the command line takes and what it refuses, without a program behind it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from experiments.hydra_app import find_mistake, make_folder, store_groups
from vmenv.errors import SpecError


@pytest.fixture(scope="module", autouse=True)
def groups() -> None:
    store_groups()


@pytest.mark.parametrize(
    "overrides",
    [
        ["scenario=thrash", "agent=index", "agent.vary={load: [0.5, 0.9], num_slots: [16]}"],
        ["agent=index", "agent.features=[cpu,memory]", "minutes=1"],
        ["agent=tuned", "agent.schedulers=[mlfq]"],
        ["scenario=share_spells", "agent=sac", "scenario.bursty=0.3", "agent.gamma=0.9"],
        ["scenario=share_replay", "scenario.path=folder", "agent=share_index"],
        ["seed=0,1", "scenario=gang,thrash"],
    ],
)
def test_what_is_right_passes(overrides: list[str]) -> None:
    assert find_mistake("train", overrides) is None


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["agent=index", "agent.vari={load: [0.5]}"], "unknown key 'agent.vari': did you mean 'agent.vary'?"),
        (["scenario=thrash,gong"], "unknown scenario 'gong': did you mean 'gang'?"),
    ],
)
def test_what_is_wrong_is_named(overrides: list[str], message: str) -> None:
    found = find_mistake("train", overrides)
    assert found is not None
    assert message in found


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert make_folder("results", tmp_path / "new").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(SpecError, match="File exists: give a folder"):
        make_folder("results", tmp_path / "file")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # the superuser may write everywhere
    with pytest.raises(SpecError, match="Permission denied: give a folder"):
        make_folder("results", tmp_path / "new")
