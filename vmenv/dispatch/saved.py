"""Saved policies of dispatch: index policies, formulas, and heuristics with tuned parameters."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.dispatch.index.policy import IndexPolicy
from vmenv.dispatch.scheduler import ORDER_FIELDS, SCHEDULERS, Scheduler
from vmenv.episodes.saved import Card, read_weights, save_policy
from vmenv.errors import SpecError


def load_index(card: Card, stem: Path) -> IndexPolicy:
    """Returns the index policy of a card."""
    return IndexPolicy(
        time_scale_us=card["time_scale_us"],
        hidden=card["hidden"],
        features=tuple(card["features"]),
        host_features=tuple(card["host_features"]),
        weights=tuple(read_weights(stem, card)["weights"].astype(np.float64).tolist()),
        base=load_formula(card["base"], stem) if "base" in card else None,
        **_order_of(card),
    )


def load_formula(card: Card, stem: Path) -> FormulaPolicy:
    """Returns the formula of a card; its text is read, never executed."""
    return FormulaPolicy(score=card["score"], wait=card["wait"], time_scale_us=card["time_scale_us"], **_order_of(card))


def _order_of(card: Card) -> dict[str, bool]:
    """Returns what a card says of what comes of the order; where it says nothing, a scheduler's defaults hold."""
    return {name: card[name] for name in ORDER_FIELDS if name in card}


def load_tuned(card: Card, stem: Path) -> Scheduler:
    """Returns the heuristic of a card, with its parameters.

    Raises:
        SpecError: It is one from outside vmenv whose module has not been imported: a file must not have code run.
    """
    module, colon, _ = str(card["scheduler"]).partition(":")
    if colon and module not in sys.modules:
        raise SpecError(f"it is the scheduler {card['scheduler']!r} of the module {module!r}: import that first, if you trust it")
    scheduler: Scheduler = SCHEDULERS.make(card["scheduler"], **card["parameters"])
    return scheduler


def save_scheduler(policy: Scheduler, stem: Path, about: Mapping[str, Any]) -> None:
    """Writes an index policy, a formula, or a scheduler with its parameters.

    Args:
        policy: What is saved.
        stem: Path without ending.
        about: What else the card says: scenario, seed, command, figures, versions.
    """
    if isinstance(policy, IndexPolicy):
        card: Card = {
            "kind": "index",
            "time_scale_us": policy.time_scale_us,
            "hidden": policy.hidden,
            "features": list(policy.features),
            "host_features": list(policy.host_features),
            "backfill": policy.backfill,
            **policy.holding(),
        }
        if policy.base is not None:
            card["base"] = policy.base.describe()
        save_policy(stem, card | dict(about), {"weights": np.asarray(policy.weights, np.float64)})
    elif isinstance(policy, FormulaPolicy):
        save_policy(stem, policy.describe() | dict(about))
    else:
        described = policy.describe()
        save_policy(stem, {"kind": "tuned", "scheduler": described.pop("kind"), "parameters": described} | dict(about))
