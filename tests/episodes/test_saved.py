"""Files of policies from strangers: every kind of policy is checked alike, and only errors of vmenv come of them."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import vmenv
from vmenv.episodes.saved import card_of, read_weights, stem_of, weights_of
from vmenv.errors import SpecError, VmenvError

WITH_WEIGHTS = ("thrash-index", "share_spells")


def copied(name: str, folder: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Copies a policy into a folder, as a training run would leave it, and returns its card and weights."""
    stem = stem_of(name)
    for file, ending in ((card_of(stem), "json"), (weights_of(stem), "safetensors")):
        if file.exists():
            shutil.copy(file, folder / f"policy.{ending}")
    arrays = load_file(folder / "policy.safetensors") if weights_of(stem).exists() else {}
    return json.loads((folder / "policy.json").read_text()), arrays


@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_weights_are_checked(name: str, tmp_path: Path) -> None:
    _, arrays = copied(name, tmp_path)
    vmenv.load_policy(tmp_path)
    key = max(arrays, key=lambda k: arrays[k].size)
    flat = arrays[key].copy()
    flat.flat[0] = np.nan
    for wrong in (flat, np.where(np.isnan(flat), np.inf, flat), arrays[key][:-1].copy(), arrays[key].ravel()[:0].copy()):
        save_file(arrays | {key: wrong}, tmp_path / "policy.safetensors")
        with pytest.raises(SpecError, match="is not a policy of this version"):
            vmenv.load_policy(tmp_path)
    save_file({f"other_{k}": array for k, array in arrays.items()}, tmp_path / "policy.safetensors")
    with pytest.raises(VmenvError):
        vmenv.load_policy(tmp_path)


@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_files_that_are_cut_anywhere(name: str, tmp_path: Path) -> None:
    copied(name, tmp_path)
    for file in ("policy.safetensors", "policy.json"):
        whole = (tmp_path / file).read_bytes()
        for length in (0, 1, 7, 8, 9, 100, len(whole) // 2, len(whole) - 3):
            (tmp_path / file).write_bytes(whole[:length])
            with pytest.raises(VmenvError):
                vmenv.load_policy(tmp_path)
        (tmp_path / file).write_bytes(whole)


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
    save_file({"used": np.ones(2), "other": np.array(wrong)}, tmp_path / "policy.safetensors")
    with pytest.raises(SpecError, match="holds other with numbers that are not finite"):
        read_weights(tmp_path / "policy")


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
