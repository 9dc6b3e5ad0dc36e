"""Files of policies from strangers: every kind of policy is checked alike, and only errors of vmenv come of them."""

from __future__ import annotations

import errno
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vmenv
from vmenv.episodes.saved import copy_policy, read_arrays, read_card, read_weights, save_policy, stem_of
from vmenv.errors import SpecError, VmenvError

WITH_WEIGHTS = ("thrash-index", "share_spells")


def copied(name: str, folder: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Copies a policy into a folder, as a training run would leave it, and returns its card and weights."""
    copy_policy(stem_of(name), folder / "policy")
    card = read_card(folder / "policy")
    return card, read_arrays(folder / "policy", card) if "weights" in card else {}


@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_weights_are_checked(name: str, tmp_path: Path) -> None:
    card, arrays = copied(name, tmp_path)
    vmenv.load_policy(tmp_path)
    key = max(arrays, key=lambda k: arrays[k].size)
    flat = arrays[key].copy()
    flat.flat[0] = np.nan
    for wrong in (flat, np.where(np.isnan(flat), np.inf, flat), arrays[key][:-1].copy(), arrays[key].ravel()[:0].copy()):
        save_policy(tmp_path / "policy", card, arrays | {key: wrong})
        with pytest.raises(SpecError, match="is not a policy of this version"):
            vmenv.load_policy(tmp_path)
    save_policy(tmp_path / "policy", card, {f"other_{k}": array for k, array in arrays.items()})
    with pytest.raises(VmenvError):
        vmenv.load_policy(tmp_path)


@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_files_that_are_cut_anywhere(name: str, tmp_path: Path) -> None:
    card, _ = copied(name, tmp_path)
    for file in (card["weights"]["file"], "policy.json"):
        whole = (tmp_path / file).read_bytes()
        for length in (0, 1, 7, 8, 9, 100, len(whole) // 2, len(whole) - 3):
            (tmp_path / file).write_bytes(whole[:length])
            with pytest.raises(VmenvError):
                vmenv.load_policy(tmp_path)
        (tmp_path / file).write_bytes(whole)


def test_a_card_is_about_its_weights(tmp_path: Path) -> None:
    """Weights of another policy under the name of its own, no name, and names that lead elsewhere."""
    card, arrays = copied("thrash-index", tmp_path)
    weights = tmp_path / card["weights"]["file"]
    save_policy(tmp_path / "other", card, {name: array + 1.0 for name, array in arrays.items()})
    other = tmp_path / read_card(tmp_path / "other")["weights"]["file"]
    weights.write_bytes(other.read_bytes())
    with pytest.raises(SpecError, match=r"does not hold the weights that .*policy.json is about, by their SHA-256"):
        vmenv.load_policy(tmp_path)
    for named in (
        None,
        {},
        "x",
        {"file": ""},
        {"file": 3},
        {"file": f"../{tmp_path.name}/{other.name}"},
        {"file": str(other)},
        {"file": ".."},
    ):
        (tmp_path / "policy.json").write_text(json.dumps(card | {"weights": named}))
        with pytest.raises(SpecError, match=r"does not name the file of its weights|does not hold the weights"):
            vmenv.load_policy(tmp_path)


def test_a_policy_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever write fails: the earlier policy is there; and when all succeed, nothing of it is left."""
    card, arrays = copied("thrash-index", tmp_path)
    before, files = vmenv.load_policy(tmp_path), set(tmp_path.iterdir())
    better = {name: array + 1.0 for name, array in arrays.items()}
    replace = os.replace
    for failing in (0, 1):
        count = iter(range(failing, -1, -1))

        def failing_replace(source: Path, target: Path, count: Any = count) -> None:
            if next(count) == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            replace(source, target)

        monkeypatch.setattr(os, "replace", failing_replace)
        with pytest.raises(OSError, match=r"No space left on device: .*policy"):
            save_policy(tmp_path / "policy", card, better)
        assert vmenv.load_policy(tmp_path) == before
        assert not list(tmp_path.glob("*.part"))
    monkeypatch.undo()
    save_policy(tmp_path / "policy", card, better)
    assert vmenv.load_policy(tmp_path) == before.with_weights(better["weights"])
    assert len(set(tmp_path.iterdir())) == len(files)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"kind": "index", "kind": "tuned"}',
        '{"kind": {}}',
        "null",
        '{"kind": "tuned"}',
        '{"kind": "index", "hidden": 1e999}',
        "{",
    ],
    ids=["nested", "doubled", "no name", "null", "short", "infinite", "cut"],
)
def test_cards_that_are_none(text: str, tmp_path: Path) -> None:
    copied("thrash-index", tmp_path)
    (tmp_path / "policy.json").write_text(text)
    with pytest.raises(VmenvError):
        vmenv.load_policy(tmp_path)


@pytest.mark.parametrize("name", ["", ".", "..", "/", "../x", "x" * 5_000, "a\0b", None, 3, b"thrash-index"], ids=lambda n: repr(n)[:12])
def test_names_that_are_none(name: Any) -> None:
    with pytest.raises(SpecError, match="there is no policy"):
        vmenv.load_policy(name)
    with pytest.raises(VmenvError):
        vmenv.evaluate(name, "mm1", range(1))


def test_a_folder_of_several_policies_names_them(tmp_path: Path) -> None:
    """As `agent=tuned` leaves one for each heuristic."""
    for name in ("thrash-tuned", "gang-tuned"):
        copy_policy(stem_of(name), tmp_path / name)
    (tmp_path / "last.json").write_text('{"kind": "checkpoint"}')
    with pytest.raises(SpecError, match=r"holds 2 policies: give one of them, such as .*gang-tuned; there are: gang-tuned, thrash-tuned"):
        vmenv.load_policy(tmp_path)


def test_a_card_that_names_values_of_other_types(tmp_path: Path) -> None:
    for name in (*WITH_WEIGHTS, "thrash-tuned"):
        card, _ = copied(name, tmp_path)
        needed = [key for key in card if key in ("kind", "hidden", "features", "host_features", "time_scale_us", "scheduler", "parameters")]
        for key in needed:
            for wrong in (None, [], {}, -1, "x", 10**40, [[1]]):
                (tmp_path / "policy.json").write_text(json.dumps(card | {key: wrong}))
                try:
                    vmenv.load_policy(tmp_path)
                except VmenvError:
                    continue
                assert wrong in ([], {}), f"{name}: {key} is {wrong!r}, and was taken"


@pytest.mark.parametrize("wrong", [[1.0, np.inf], [np.nan, 1.0], [True, False]], ids=str)
def test_arrays_that_nobody_asks_for_are_checked_too(wrong: list[Any], tmp_path: Path) -> None:
    save_policy(tmp_path / "policy", {"kind": "sac"}, {"used": np.ones(2), "other": np.array(wrong)})
    with pytest.raises(SpecError, match="holds other with numbers that are not finite"):
        read_weights(tmp_path / "policy", read_card(tmp_path / "policy"))


def test_a_card_that_says_a_thing_twice_is_none(tmp_path: Path) -> None:
    """However often it says the same: another reader may take the first."""
    copied("thrash-index", tmp_path)
    text = (tmp_path / "policy.json").read_text()
    (tmp_path / "policy.json").write_text(text.replace("{", '{"kind": "index",', 1))
    with pytest.raises(SpecError, match="a name stands in it twice"):
        vmenv.load_policy(tmp_path)


def test_a_card_does_not_have_code_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that it names is on the path, and is not imported for that."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "named_by_a_card.py").write_text("from vmenv.dispatch.schedulers.las import Las\n")
    (tmp_path / "policy.json").write_text('{"kind": "tuned", "scheduler": "named_by_a_card:Las", "parameters": {}}')
    with pytest.raises(SpecError, match="import that first, if you trust it"):
        vmenv.load_policy(tmp_path)
    assert "named_by_a_card" not in sys.modules
    importlib.import_module("named_by_a_card")
    assert vmenv.load_policy(tmp_path) == vmenv.make_scheduler("las")
    del sys.modules["named_by_a_card"]
