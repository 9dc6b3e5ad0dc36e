"""Who is compared: a policy, the words that lead to it again, and a digest that tells whether those lead to the same one."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

from vmenv.episodes.kinds import Kind
from vmenv.episodes.policy import find_policy, information_of
from vmenv.episodes.saved import card_of, list_policies, load_policy, read_card, stem_of, weights_of
from vmenv.episodes.scenario import Scenario
from vmenv.errors import SpecError


class Entrant(NamedTuple):
    """A policy that takes part.

    Attributes:
        reference: What leads to it: a name, "my_module:MyScheduler", or the path of a saved policy.
        digest: Of all that makes it what it is, but for the code of vmenv.
        policy: The policy.
        information: What it may look at.
    """

    reference: str
    digest: str
    policy: Any
    information: str


def enter(reference: str, kind: Kind, trusted: Collection[str] | None = None) -> Entrant:
    """Returns the policy that a reference leads to.

    Args:
        reference: See `Entrant`.
        kind: The kind of decision.
        trusted: Modules whose code may be run; None: any.

    Raises:
        UnknownNameError: There is none of this name.
        SpecError: A file is not a policy, or a module is not trusted.
    """
    module = reference.partition(":")[0] if ":" in reference and "/" not in reference else ""
    if module and trusted is not None and module not in trusted:
        raise SpecError(
            f"{reference} is code of the module {module}, which nobody has consented to run: read it, then give --trust {module}"
        )
    if not module and ("/" in reference or reference in list_policies(kind.name)):
        stem = stem_of(reference)
        policy, digest = load_policy(stem), _of_files(stem)
    else:
        policy = find_policy(reference, kind)
        digest = _of_object(policy, bool(module))
    return Entrant(reference, digest, policy, information_of(policy))


def everyone(scenario: Scenario) -> list[str]:
    """Returns what leads to all that can be compared on a scenario: heuristics, variants of them, and shipped policies trained on it."""
    kind = scenario.kind
    trained = [name for name in list_policies(kind.name) if read_card(stem_of(name))["scenario"]["kind"] == scenario.describe()["kind"]]
    return [*kind.schedulers.names(), *kind.variants, *trained]


def trained_in(folder: Path, scenario: Scenario) -> list[str]:
    """Returns what leads to the policies that complete training runs of exactly this scenario have left in the folders of a folder."""
    found = []
    for file in sorted(folder.glob("*/policy.json")):
        card = read_card(stem_of(file))
        if card.get("scenario") == scenario.describe() and "evaluation" in card:  # what is said at the end of a training
            found.append(f"{folder}/{file.parent.name}")
    return found


def _of_files(stem: Path) -> str:
    card = read_card(stem)
    files = [card_of(stem), *([weights_of(stem, card)] if "weights" in card else [])]
    return _digest(*(file.read_bytes() for file in files))


def _of_object(policy: Any, own: bool) -> str:
    told = policy.describe() if hasattr(policy, "describe") else {"class": type(policy).__qualname__}
    parts = [json.dumps(told, sort_keys=True, default=str).encode()]
    if own:
        parts.append(Path(inspect.getfile(type(policy))).read_bytes())
    return _digest(*parts)


def _digest(*parts: bytes) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(hashlib.sha256(part).digest())
    return found.hexdigest()[:16]
