"""What a policy is, and how a name becomes one."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from numpy.typing import NDArray

from vmenv.episodes.kinds import Kind
from vmenv.episodes.saved import list_policies, load_policy
from vmenv.errors import SpecError, UnknownNameError
from vmenv.registry import load

Observation = dict[str, NDArray[Any]]


@runtime_checkable
class Policy(Protocol):
    """A learned policy: anything that turns a batch of observations into actions.

    If it has an attribute `clairvoyant` or `history`, that says what it wants to observe where the kind of decision offers it.
    """

    def actions(self, observation: Observation) -> NDArray[Any]:
        """Returns (B, ...) actions for a batch of B observations."""
        ...


def find_policy(policy: Any, kind: Kind) -> Any:
    """Returns the policy of a name.

    Args:
        policy: A name of `vmenv.list_schedulers` or `vmenv.list_policies`, that of a variant that takes part in leaderboards
            (`Kind.variants`), "my_module:MyScheduler", or a policy, which is returned.
        kind: The kind of decision.

    Raises:
        UnknownNameError: There is none of this name.
    """
    if not isinstance(policy, str):
        return policy
    if ":" in policy:
        found = load(policy, "policy")
        return kind.schedulers.make(policy) if isinstance(found, type) and issubclass(found, kind.schedulers.base or ()) else made(found)
    if policy in list_policies(kind.name):
        return load_policy(policy)
    if policy in kind.variants:
        name, parameters = kind.variants[policy]
        return kind.schedulers.make(name, **parameters)
    if policy in kind.schedulers:
        return kind.schedulers.make(policy)
    raise UnknownNameError("scheduler or policy", policy, [*kind.schedulers.names(), *kind.variants, *list_policies(kind.name)])


def made(thing: Any) -> Any:
    """Returns an object that was named: a class is called, anything else is there already."""
    return thing() if isinstance(thing, type) else thing


def refuse(policy: Any, kind: Kind, base: str) -> SpecError:
    """Returns the error for what is no policy of a kind, whose heuristics descend from `base`."""
    return SpecError(
        f'policy is {policy!r}: give a name of vmenv.list_schedulers("{kind.name}") or vmenv.list_policies("{kind.name}"), a {base}, '
        "or an object with actions(observation)"
    )


def information_of(policy: Any) -> str:
    """Returns what a policy looks at: what it says, or else whether it observes more than what has happened."""
    told = getattr(policy, "information", None)
    return str(told) if told else "clairvoyant" if getattr(policy, "clairvoyant", False) else "demands"
