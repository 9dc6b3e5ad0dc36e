"""Checkpoints: what a training goes on from, kept as a policy is kept. Loading one executes no code that came with it."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agents.training.agent import AGENTS, Agent
from vmenv.episodes.saved import Arrays, Card, card_of, is_card, read_arrays, read_card, save_policy
from vmenv.episodes.scenario import Scenario
from vmenv.errors import SpecError
from vmenv.jit import code_digest

BEST = "policy"  # stem of the checkpoint that was best on the validation episodes
LAST = "last"  # stem of the checkpoint that training goes on from
PACKAGES = ("vmenv", "numpy", "numba", "gymnasium", "torch", "stable-baselines3", "sb3-contrib", "cma")
SETTINGS = ("scenario", "agent", "seed")  # in cards, that decide what a training does
MAY_DIFFER = ("agent.decisions",)  # a run may get more of them


def versions() -> dict[str, str]:
    """Returns the versions of what a run's numbers depend on; `code` is `vmenv.jit.code_digest`."""
    found = {"code": code_digest(), "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def card_of_run(agent: Agent, scenario: Scenario, seed: int) -> Card:
    """Returns what the cards of a training say of it: its policies' and that which it goes on from."""
    return {
        "scenario": scenario.describe(),
        "seed": seed,
        "agent": {"kind": AGENTS.name_of(agent), **dataclasses.asdict(agent)},
        "versions": versions(),
    }


def save_checkpoint(stem: Path, arrays: Arrays, card: Card) -> None:
    """Writes what training goes on from."""
    save_policy(stem, {"kind": "checkpoint", **card}, arrays)


def load_checkpoint(stem: Path, run: Card | None = None) -> tuple[Arrays, Card]:
    """Returns the arrays and the card.

    Args:
        stem: Path without ending.
        run: What `card_of_run` says of the training that is to go on; None: whichever it was.

    Raises:
        SpecError: The files are missing, are not what they should be, or are those of another training.
    """
    card = read_card(stem)
    if run is not None:
        told = [f"{name}={was!r} there and {now!r} here" for name, was, now in differences(card, run)]
        if told:
            raise SpecError(f"{stem.parent} holds another run, with {', '.join(told)}: give what it was begun with, or another folder")
    return read_arrays(stem, card), card


def has_checkpoint(stem: Path) -> bool:
    """Returns whether there is one."""
    return card_of(stem).exists()


def saved_policies(folder: Path) -> list[Path]:
    """Returns the paths without ending of all policies that a training run has left in its folder."""
    stems = [file.with_suffix("") for file in sorted(folder.glob("*.json"))]
    return [stem for stem in stems if stem.name != LAST and is_card(stem)]


def differences(one: Card, other: Card) -> Iterator[tuple[str, Any, Any]]:
    """Yields name and both values of every setting in which the cards of two trainings differ."""
    was, now = (dict(_settings({key: card.get(key) for key in SETTINGS})) for card in (one, json.loads(json.dumps(other))))
    others = [group for group in SETTINGS if was.get(f"{group}.kind") != now.get(f"{group}.kind")]  # whose parameters do not compare
    for name in {**was, **now}:
        group, _, parameter = name.partition(".")
        if was.get(name) != now.get(name) and name not in MAY_DIFFER and (group not in others or parameter == "kind"):
            yield name.removesuffix(".kind"), was.get(name), now.get(name)


def _settings(card: Card, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in card.items():
        if isinstance(value, dict):
            yield from _settings(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
