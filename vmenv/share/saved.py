"""Trained policies of shares, in files: weights as safetensors, a card as JSON; loading one executes no code that came with it."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.numpy import load_file

from vmenv.dispatch.saved import read_card
from vmenv.errors import SpecError, suggestion
from vmenv.share.network import PREFIX, ShareNetwork
from vmenv.share.scheduler import LearnedSharePolicy
from vmenv.share.scorer import KIND, load_share_scorer

SHIPPED = Path(__file__).parents[1] / "policies" / "share"
NETWORKS = ("share_ppo", "sac")


def list_trained_share_policies() -> list[str]:
    """Returns the names of the trained policies of shares that come with vmenv."""
    return sorted(card.stem for card in SHIPPED.glob("*.json"))


def load_share_policy(name: str | Path) -> LearnedSharePolicy:
    """Returns a trained policy of shares.

    Args:
        name: One of `list_trained_share_policies()`, or the folder of a training run.

    Raises:
        SpecError: There is none, or the files are not what they should be.
    """
    stem = next((s for s in (SHIPPED / name, Path(name) / "policy", Path(name)) if s.with_name(s.name + ".json").is_file()), None)
    if stem is None:
        told = suggestion(str(name), list_trained_share_policies())
        raise SpecError(f"there is no trained share policy {str(name)!r}: {told}, or give the folder of a training run")
    kind = read_card(stem)["kind"]
    if kind == KIND:
        return load_share_scorer(stem)
    if kind not in NETWORKS:
        raise SpecError(f"{stem} is of kind {kind!r}: give one of {', '.join((KIND, *NETWORKS))}")
    try:
        arrays = load_file(stem.with_name(stem.name + ".safetensors"))
    except (OSError, SafetensorError) as error:
        raise SpecError(f"{stem} is not a share policy ({error}): train again") from error
    return ShareNetwork({key.removeprefix(PREFIX): array for key, array in arrays.items() if key.startswith(PREFIX)})
