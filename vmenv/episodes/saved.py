"""Policies in files: weights as safetensors, everything else as JSON. Loading one executes no code that came with it.

A policy `stem` is `stem`.json, its card, and for a network a file of weights beside it, which the card names with its SHA-256. The card
says of which kind the policy is, what it was trained on and how, and what it reached. Those that come with vmenv lie in `vmenv/policies`, a
folder for each kind of decision. How a kind of policy is loaded, the kind of decision says (`Kind.loaders`).
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from vmenv.episodes.files import write_whole
from vmenv.episodes.kinds import kinds
from vmenv.errors import SpecError, VmenvError, suggestion
from vmenv.registry import load as load_object

SHIPPED = Path(__file__).parents[1] / "policies"
Arrays = dict[str, NDArray[Any]]
Card = dict[str, Any]


def list_policies(kind: str | None = None) -> list[str]:
    """Returns the names of the trained policies that come with vmenv.

    Args:
        kind: For this kind of decision only.
    """
    return sorted(card.stem for one in kinds(kind) for card in (SHIPPED / one.name).glob("*.json"))


def load_policy(name: str | Path) -> Any:
    """Returns a saved policy, whatever it decides.

    Args:
        name: One of `list_policies()`, or a path: a card (with or without .json), or the folder of a training run.

    Raises:
        SpecError: There is none of this name, or the files are not what they should be.
    """
    stem = stem_of(name)
    card = read_card(stem)
    loaders = {saved: loader for kind in kinds() for saved, loader in kind.loaders.items()}
    if card["kind"] not in loaders:
        told = suggestion(str(card["kind"]), loaders)
        raise SpecError(
            f"{stem} is of kind {card['kind']!r}, which may need more than vmenv (import agents; or run vmenv from the checkout): {told}"
        )
    try:
        return load_object(loaders[card["kind"]])(card, stem)
    except (KeyError, TypeError, ValueError, OSError, SafetensorError, VmenvError) as error:
        raise SpecError(f"{stem} is not a policy of this version ({error}): train again") from error


def stem_of(name: str | Path) -> Path:
    """Returns the path without ending at which a named or given policy lies.

    Raises:
        SpecError: There is none.
    """
    if isinstance(name, str | os.PathLike) and str(name):
        path = Path(name)
        shipped = [SHIPPED / kind.name / path for kind in kinds()]
        for stem in (*shipped, path.with_suffix("") if path.suffix == ".json" else path, path / "policy"):
            if stem.name and _is_file(card_of(stem)):
                return stem
        held = policies_in(path)
        if held:  # agent=tuned leaves one for each heuristic
            raise SpecError(f"{path} holds {len(held)} policies: give one of them, such as {path / held[0]}; there are: {', '.join(held)}")
    shown = repr(name) if len(repr(name)) < 100 else f"{repr(name)[:100]}..."
    raise SpecError(f"there is no policy {shown}: {suggestion(str(name)[:100], list_policies())}, or give the folder of a training run")


def policies_in(folder: Path) -> list[str]:
    """Returns the names of the saved policies in a folder; none where it is no folder."""
    try:
        stems = [card.with_suffix("") for card in folder.glob("*.json")]
        return sorted(stem.name for stem in stems if is_card(stem) and "validation" in read_card(stem))  # a checkpoint says none
    except (OSError, ValueError):  # no folder can have this name
        return []


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def card_of(stem: Path) -> Path:
    """Returns where the card of a policy lies."""
    return stem.with_name(stem.name + ".json")


def weights_of(stem: Path, card: Card) -> Path:
    """Returns where the weights of a policy lie: beside its card, under the name that the card says.

    Raises:
        SpecError: It says none, or that of a file elsewhere.
    """
    weights = card.get("weights")
    name = weights.get("file") if isinstance(weights, dict) else None
    if not isinstance(name, str) or not name or Path(name).name != name:
        raise SpecError(f"{card_of(stem)} does not name the file of its weights: train again")
    return stem.with_name(name)


def read_card(stem: Path) -> Card:
    """Returns the card of a policy.

    Raises:
        SpecError: It is not there, or not a card.
    """
    file = card_of(stem)
    try:
        card = json.loads(file.read_text(), object_pairs_hook=_without_doubles)
    except (OSError, ValueError, RecursionError) as error:
        raise SpecError(f"{file} is not the card of a policy ({error}): give the folder of a training run") from error
    if not isinstance(card, dict) or not isinstance(card.get("kind"), str):
        raise SpecError(f"{file} is not the card of a policy: it does not say its kind")
    return card


def is_card(stem: Path) -> bool:
    """Returns whether the JSON file of this path without ending is the card of a policy."""
    try:
        read_card(stem)
    except SpecError:
        return False
    return True


def note_in_card(stem: Path, notes: Mapping[str, Any]) -> None:
    """Adds to what the card of a policy says."""
    write_whole(card_of(stem), json.dumps({**read_card(stem), **notes}, indent=2) + "\n")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns the object that JSON has; one that says something twice could be read in two ways."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands in it twice")
    return found


def read_weights(stem: Path, card: Card) -> Arrays:
    """Returns the arrays of a policy by name, in which all numbers are finite.

    Raises:
        SpecError: They are not there, or not those that the card is about.
    """
    arrays = read_arrays(stem, card)
    for name, array in arrays.items():
        if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
            raise SpecError(f"{weights_of(stem, card)} holds {name} with numbers that are not finite: train again")
    return arrays


def read_arrays(stem: Path, card: Card) -> Arrays:
    """Returns the arrays that `save_policy` wrote with this card, whatever they hold.

    Raises:
        SpecError: They are not there, or not those that the card is about.
    """
    file = weights_of(stem, card)
    try:
        content = file.read_bytes()
        if hashlib.sha256(content).hexdigest() == card["weights"].get("sha256"):
            return load(content)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise SpecError(f"{file} does not hold the weights of a policy ({error}): train again") from error
    raise SpecError(f"{file} does not hold the weights that {card_of(stem)} is about, by their SHA-256: train again")


def save_policy(stem: Path, card: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]] | None = None) -> None:
    """Writes a policy whole or not at all.

    Weights lie in a file that has their digest in its name, so that those of an earlier card stay until the new card takes its place;
    then they are removed.

    Args:
        stem: Path without ending.
        card: What it says of the policy, beside "kind".
        arrays: Weights by name; None: it has none.

    Raises:
        OSError: The files cannot be written; then the earlier policy is still there.
    """
    told, named = dict(card), None
    if arrays is not None:
        content = save({name: np.asarray(array, order="C") for name, array in arrays.items()})
        digest = hashlib.sha256(content).hexdigest()
        named = f"{stem.name}-{digest[:16]}.safetensors"
        told["weights"] = {"file": named, "sha256": digest}
        write_whole(stem.with_name(named), content)
    write_whole(card_of(stem), json.dumps(told, indent=2) + "\n")
    of_this_policy = re.compile(re.escape(stem.name) + r"-[0-9a-f]{16}\.safetensors")
    for file in stem.parent.glob(f"{glob.escape(stem.name)}-*.safetensors"):
        if file.name != named and of_this_policy.fullmatch(file.name):
            file.unlink()


def copy_policy(source: Path, target: Path) -> None:
    """Copies a policy from one path without ending to another."""
    card = read_card(source)
    save_policy(target, card, read_arrays(source, card) if "weights" in card else None)
