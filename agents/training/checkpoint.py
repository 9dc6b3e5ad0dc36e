"""Checkpoints: weights as safetensors, everything else as JSON. Loading one executes no code that came with it."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file

from vmenv.episodes.saved import Arrays, save_policy
from vmenv.errors import SpecError
from vmenv.jit import code_digest

BEST = "policy"  # stem of the checkpoint that was best on the validation episodes
LAST = "last"  # stem of the checkpoint that training goes on from
PACKAGES = ("vmenv", "numpy", "numba", "gymnasium", "torch", "stable-baselines3", "sb3-contrib", "cma")


def versions() -> dict[str, str]:
    """Returns the versions of what a run's numbers depend on; `code` is `vmenv.jit.code_digest`."""
    found = {"code": code_digest(), "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def save_checkpoint(stem: Path, arrays: Arrays, card: dict[str, Any]) -> None:
    """Writes what training goes on from, as a policy is written."""
    save_policy(stem, card, arrays)


def load_checkpoint(stem: Path) -> tuple[Arrays, dict[str, Any]]:
    """Returns the arrays and the card.

    Raises:
        SpecError: The files are missing or are not what they should be.
    """
    try:
        card = json.loads(stem.with_suffix(".json").read_text())
        return load_file(stem.with_suffix(".safetensors")), card
    except FileNotFoundError as error:
        raise SpecError(f"{error.filename} does not exist: train first (python -m experiments.train), or give the run's folder") from error
    except Exception as error:
        raise SpecError(f"{stem} is not a checkpoint ({error}): give the folder of a run") from error
