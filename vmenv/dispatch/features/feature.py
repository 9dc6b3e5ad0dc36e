"""What a feature is: a name, what it tells, in which unit, how it is scaled, and the one function that says what it is made of.

That function returns two numbers, its *parts*: x, and what it is measured by. The form says what becomes of them. So the float32 of an
observation and the float64 of an index policy come from the same parts, and differ in precision alone.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

from vmenv.jit import jittable

Parts = tuple[float, float]
F = TypeVar("F", bound=Callable[..., Any])

FLAG = "1 if {meaning}, else 0"  # x
PLAIN = "{meaning}"  # x
RATIO = "{meaning} / {scale}"  # x / y
SQUASH = "squash({meaning}, {scale})"  # x / (x + y), which maps [0, inf) to [0, 1)
SIGNED = "x / (|x| + {scale}), x: {meaning}"


class Feature(NamedTuple):
    """One feature. Its name is that of its function."""

    name: str
    meaning: str
    unit: str  # of what is meant, "1": a number
    form: str  # FLAG, PLAIN, RATIO, SQUASH or SIGNED
    scale: str  # what it is measured by, in words; tau: the time scale
    parts: Callable[..., Parts] | None  # None: who writes it has it at hand

    def describe(self) -> str:
        """Returns the meaning with its scaling."""
        return self.form.format(meaning=self.meaning, scale=self.scale)


class Table(dict[str, Feature]):
    """Features by name."""

    def enter(self, feature: Feature) -> None:
        """Enters a feature.

        Raises:
            ValueError: There is one of this name.
        """
        if feature.name in self:
            raise ValueError(f"the feature {feature.name!r} is declared twice")
        self[feature.name] = feature

    def declare(self, meaning: str, unit: str, form: str, scale: str = "") -> Callable[[F], F]:
        """Enters the function that is decorated, and marks it as one that compiled code may call."""

        def enter(parts: F) -> F:
            self.enter(Feature(parts.__name__, meaning, unit, form, scale, parts))
            return jittable(parts)

        return enter


def places(names: Iterable[str]) -> Any:
    """Returns where each name stands in a row, as attributes: compiled code takes them for constants, and a wrong name is an error."""
    names = tuple(names)
    return namedtuple("Places", names)(*range(len(names)))
