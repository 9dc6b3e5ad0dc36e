"""Policies in files: weights as safetensors, everything else as JSON. Loading one executes no code that came with it.

A policy `stem` is `stem`.json, its card, and for a network `stem`.safetensors. The card says what kind it is, what it was trained on and
how, and what it reached; the policies that come with vmenv lie in `vmenv/policies/dispatch`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from vmenv.dispatch.index.policy import IndexPolicy
from vmenv.dispatch.scheduler import Scheduler, list_schedulers, make_scheduler
from vmenv.errors import SpecError, UnknownNameError, VmenvError, suggestion

SHIPPED = Path(__file__).parents[1] / "policies" / "dispatch"
Card = dict[str, Any]


def list_policies() -> list[str]:
    """Returns the names of the policies that come with vmenv."""
    return sorted(card.stem for card in SHIPPED.glob("*.json"))


def load_policy(name: str | Path) -> Scheduler:
    """Returns a saved policy: it runs compiled wherever a scheduler does.

    Args:
        name: One of `list_policies()`, or a path: a card (with or without .json), or the folder of a training run.

    Raises:
        SpecError: There is none of this name, or the files are not what they should be.
    """
    return policy_of(read_card(stem_of(name)), stem_of(name))


def stem_of(name: str | Path) -> Path:
    """Returns the path without ending at which a named or given policy lies.

    Raises:
        SpecError: There is none.
    """
    path = Path(name)
    for stem in (SHIPPED / path, path.with_suffix("") if path.suffix == ".json" else path, path / "policy"):
        if _card_of(stem).is_file():
            return stem
    raise SpecError(f"there is no policy {str(name)!r}: {suggestion(str(name), list_policies())}, or give the folder of a training run")


def _card_of(stem: Path) -> Path:
    return stem.with_name(stem.name + ".json")


def read_card(stem: Path) -> Card:
    """Returns the card of a policy.

    Raises:
        SpecError: It is not there, or not a card.
    """
    file = _card_of(stem)
    try:
        card = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise SpecError(f"{file} is not the card of a policy ({error}): give the folder of a training run") from error
    if not isinstance(card, dict) or "kind" not in card:
        raise SpecError(f"{file} is not the card of a policy: it does not say its kind")
    return card


def policy_of(card: Card, stem: Path) -> Scheduler:
    """Returns the policy of a card."""
    try:
        if card["kind"] == "index":
            return _index_policy(card, stem)
        if card["kind"] == "tuned":
            return make_scheduler(card["scheduler"], **card["parameters"])
    except (KeyError, TypeError, ValueError, OSError, SafetensorError, VmenvError) as error:
        raise SpecError(f"{stem} is not a policy of this version ({error}): train again") from error
    raise SpecError(
        f"{stem} is of kind {card['kind']!r}, which needs more than vmenv: load it with agents.dispatch.nn.policy.load_network_policy"
    )


def _index_policy(card: Card, stem: Path) -> IndexPolicy:
    weights = load_file(stem.with_name(stem.name + ".safetensors"))["weights"]
    return IndexPolicy(
        time_scale_us=card["time_scale_us"],
        hidden=card["hidden"],
        features=tuple(card["features"]),
        host_features=tuple(card["host_features"]),
        weights=tuple(weights.astype(np.float64).tolist()),
    )


def save_policy(policy: Scheduler, stem: Path, about: Mapping[str, Any]) -> None:
    """Writes an index policy, or a scheduler with its parameters, each file whole or not at all, the card last.

    Args:
        policy: What is saved.
        stem: Path without ending.
        about: What else the card says: scenario, seed, command, figures, versions.
    """
    if isinstance(policy, IndexPolicy):
        tensors = {"weights": np.asarray(policy.weights, np.float64)}
        card: Card = {
            "kind": "index",
            "time_scale_us": policy.time_scale_us,
            "hidden": policy.hidden,
            "features": list(policy.features),
            "host_features": list(policy.host_features),
        }
    else:
        described = policy.describe()
        card = {"kind": "tuned", "scheduler": described.pop("kind"), "parameters": described}
        tensors = {}
    stem.parent.mkdir(parents=True, exist_ok=True)
    if tensors:
        scratch = stem.with_name(stem.name + ".safetensors.part")
        save_file(tensors, scratch)
        os.replace(scratch, stem.with_name(stem.name + ".safetensors"))
    scratch = stem.with_name(stem.name + ".json.part")  # a card that is there speaks of weights that are there
    scratch.write_text(json.dumps(card | dict(about), indent=2) + "\n")
    os.replace(scratch, _card_of(stem))


def find_policy(name: str) -> Scheduler:
    """Returns the scheduler or the policy of this name.

    Raises:
        UnknownNameError: There is neither.
    """
    if name in list_policies():
        return load_policy(name)
    if name in list_schedulers():
        return make_scheduler(name)
    raise UnknownNameError("scheduler or policy", name, [*list_schedulers(), *list_policies()])
