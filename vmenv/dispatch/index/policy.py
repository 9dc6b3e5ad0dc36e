"""The index policy: a scheduler whose key is a scoring network, and whose parameters are its weights."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from vmenv.checks import check_integer
from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.dispatch.index.features import AROUND_FEATURES, HOST_FEATURES, LEARNED_FEATURES, VM_FEATURES
from vmenv.dispatch.index.places import MAX_HIDDEN, WAIT
from vmenv.dispatch.index.scoring import HEADER, look_at_host, num_weights, score
from vmenv.dispatch.scheduler import Scheduler
from vmenv.errors import SpecError, suggestion
from vmenv.host.state import Floats
from vmenv.jit.simd import FOUR


@dataclass(frozen=True, kw_only=True)
class IndexPolicy(Scheduler):
    """A learned policy that grants the VM with the highest score, or waits if that scores higher.

    Args:
        time_scale_us: Tau of the features.
        hidden: Units of the network, a multiple of 4, at most 32; 0: a linear score.
        features: Names of the features of VMs that it looks at, of `vmenv.dispatch.index.features.VM_FEATURES`.
        host_features: Names of the features of the host, of `vmenv.dispatch.index.features.HOST_FEATURES`.
        weights: `num_weights(len(features), len(host_features), hidden)` numbers in the order of `vmenv.dispatch.index.scoring`.
        base: A formula of the same time scale, to which the network's score is added; None: the network stands by itself.
    """

    information = "demands"
    source = "learned"
    waits_on_purpose = True

    time_scale_us: int
    hidden: int
    features: tuple[str, ...]
    host_features: tuple[str, ...]
    weights: tuple[float, ...]
    base: FormulaPolicy | None = None

    def __post_init__(self) -> None:
        check_integer("IndexPolicy.time_scale_us", self.time_scale_us, least=1, most=2**53)
        check_integer("IndexPolicy.hidden", self.hidden, most=MAX_HIDDEN)
        if self.hidden % FOUR:
            raise SpecError(f"IndexPolicy.hidden is {self.hidden}: give a multiple of {FOUR}")
        for field, known in (("features", VM_FEATURES), ("host_features", HOST_FEATURES)):
            for name in getattr(self, field):
                if name not in known:
                    raise SpecError(f"IndexPolicy.{field} names {name!r}: {suggestion(name, known)}")
        expected = num_weights(len(self.features), len(self.host_features), self.hidden)
        if len(self.weights) != expected:
            raise SpecError(
                f"IndexPolicy.weights holds {len(self.weights)} numbers: "
                f"give {expected} for {len(self.features)} + {len(self.host_features)} features and {self.hidden} hidden units"
            )
        if not np.isfinite(self.weights).all():
            raise SpecError("IndexPolicy.weights holds a number that is not finite: give finite weights")
        if self.base is not None and self.base.time_scale_us != self.time_scale_us:
            raise SpecError(
                f"IndexPolicy.base has a time scale of {self.base.time_scale_us} us: give that of the policy, {self.time_scale_us}"
            )
        super().__post_init__()

    def params(self, seed: int = 0) -> Floats:
        """Returns the parameters in the order of `vmenv.dispatch.index.scoring`."""
        numbers = [list(VM_FEATURES).index(name) for name in self.features]
        numbers += [list(HOST_FEATURES).index(name) for name in self.host_features]
        looks = [
            not set(LEARNED_FEATURES).isdisjoint(self.features),
            not set(AROUND_FEATURES).isdisjoint((*self.features, *self.host_features)),
        ]
        lengths, programs = (0, 0), np.zeros(0)
        if self.base is not None:
            lengths, programs = self.base.programs()
            looks = [mine or its for mine, its in zip(looks, self.base.looks(), strict=True)]
        header = [self.time_scale_us, *looks, self.hidden, len(self.features), len(self.host_features), *lengths]
        return np.array([*header, *numbers, *self.weights, *programs], np.float64)

    @property
    def num_params_before(self) -> int:
        """How many parameters stand before the weights."""
        return HEADER + len(self.features) + len(self.host_features)

    def with_weights(self, weights: Floats) -> IndexPolicy:
        """Returns the same network with other weights."""
        return dataclasses.replace(self, weights=tuple(float(weight) for weight in weights))

    def describe(self) -> dict[str, Any]:
        """Returns the policy as plain values, the weights by their digest."""
        digest = hashlib.sha256(np.asarray(self.weights, "<f8").tobytes()).hexdigest()[:16]
        told = {"kind": "index", "time_scale_us": self.time_scale_us, "hidden": self.hidden, "features": self.features}
        told |= {"host_features": self.host_features, "weights": digest, "backfill": self.backfill}
        told |= self.holding()
        return told | ({} if self.base is None else {"base": self.base.describe()})

    update = staticmethod(look_at_host)

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus the score; infinity if waiting scores higher."""
        value = score(vm, host, params)
        return (np.inf if value < host.run_memory[WAIT] else -value), 0.0


def untrained(
    features: tuple[str, ...],
    host_features: tuple[str, ...],
    hidden: int,
    time_scale_us: int,
    base: FormulaPolicy | None = None,
    *,
    backfill: bool = True,
) -> IndexPolicy:
    """Returns a policy that gives every VM the same score and never waits, or with a base one that does as that does."""
    weights = np.zeros(num_weights(len(features), len(host_features), hidden))
    weights[-1] = -1.0 if base is None else 0.0
    return IndexPolicy(
        time_scale_us=time_scale_us,
        hidden=hidden,
        features=features,
        host_features=host_features,
        weights=tuple(weights),
        base=base,
        backfill=backfill,
    )
