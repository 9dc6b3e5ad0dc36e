"""Saved policies of shares: scorers, and networks that decide without torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vmenv.episodes.saved import Card, read_weights, save_policy
from vmenv.errors import SpecError
from vmenv.share.network import PREFIX, ShareNetwork
from vmenv.share.scorer import NUM_HOST_FEATURES, VM_FEATURES, ShareScorer

SCORER = "share_scorer"


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


def save_scorer(policy: ShareScorer, stem: Path, about: Mapping[str, Any]) -> None:
    """Writes a scorer.

    Args:
        policy: What is saved.
        stem: Path without ending.
        about: What else the card says: scenario, seed, command, figures, versions.
    """
    card = {"kind": SCORER, "vm_features": list(VM_FEATURES), "num_host_features": NUM_HOST_FEATURES, **about}
    save_policy(stem, card, {"weights": np.asarray(policy.weights, np.float64)})
