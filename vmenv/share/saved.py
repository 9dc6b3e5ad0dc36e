"""Saved policies of shares: scorers, networks that decide without torch, and heuristics with tuned parameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vmenv.episodes.saved import Card, read_weights, save_policy
from vmenv.errors import SpecError, suggestion
from vmenv.share.network import PREFIX, ShareNetwork
from vmenv.share.scheduler import SCHEDULERS, ShareScheduler
from vmenv.share.scorer import NUM_HOST_FEATURES, VM_FEATURES, ShareScorer

SCORER, TUNED = "share_scorer", "share_tuned"


def load_network(card: Card, stem: Path) -> ShareNetwork:
    """Returns the network of a card."""
    return ShareNetwork({key.removeprefix(PREFIX): array for key, array in read_weights(stem, card).items() if key.startswith(PREFIX)})


def load_scorer(card: Card, stem: Path) -> ShareScorer:
    """Returns the scorer of a card.

    Raises:
        SpecError: It looks at other features than those of this version.
    """
    if card["vm_features"] != list(VM_FEATURES) or card["num_host_features"] != NUM_HOST_FEATURES:
        raise SpecError(f"{stem} looks at {card['vm_features']}, this version at {list(VM_FEATURES)}: train again")
    return ShareScorer(weights=tuple(read_weights(stem, card)["weights"].astype(np.float64).tolist()))


def load_heuristic(card: Card, stem: Path) -> ShareScheduler:
    """Returns the heuristic of a card, with its parameters.

    Raises:
        SpecError: It is none of those that are registered: a file must not have code run.
    """
    if card["scheduler"] not in SCHEDULERS.names():
        raise SpecError(f"it is the scheduler {card['scheduler']!r}: {suggestion(str(card['scheduler']), SCHEDULERS.names())}")
    scheduler: ShareScheduler = SCHEDULERS.make(card["scheduler"], **card["parameters"])
    return scheduler


def save_heuristic(policy: ShareScheduler, stem: Path, about: Mapping[str, Any]) -> None:
    """Writes a heuristic with its parameters; see `save_scorer`."""
    described = {"scheduler": SCHEDULERS.name_of(policy), "parameters": dataclasses.asdict(policy)}
    save_policy(stem, {"kind": TUNED, **described, **about})


def save_scorer(policy: ShareScorer, stem: Path, about: Mapping[str, Any]) -> None:
    """Writes a scorer.

    Args:
        policy: What is saved.
        stem: Path without ending.
        about: What else the card says: scenario, seed, command, figures, versions.
    """
    card = {"kind": SCORER, "vm_features": list(VM_FEATURES), "num_host_features": NUM_HOST_FEATURES, **about}
    save_policy(stem, card, {"weights": np.asarray(policy.weights, np.float64)})
