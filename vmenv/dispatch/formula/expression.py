"""An expression as a tree: features of a VM or of the host, numbers, and operators over them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from vmenv.dispatch.formula.operators import BY_NAME, applied
from vmenv.dispatch.index.features import HOST_FEATURES, VM_FEATURES
from vmenv.errors import SpecError, suggestion

NUMBER = "number"
FEATURES = (*VM_FEATURES, *(f"host.{name}" for name in HOST_FEATURES))  # as they are written


class Expression(NamedTuple):
    """A node with what is below it.

    Attributes:
        name: NUMBER, a name of FEATURES, or that of an operator.
        value: Of a number; 0 otherwise.
        arguments: Of an operator.
    """

    name: str
    value: float = 0.0
    arguments: tuple[Expression, ...] = ()

    def __str__(self) -> str:
        return written(self)

    @property
    def num_terms(self) -> int:
        """How many features and numbers it holds: what it takes to read it."""
        return sum(part.num_terms for part in self.arguments) if self.arguments else 1

    def parts(self) -> Iterator[Expression]:
        """Yields every part: what stands before, then the node."""
        for argument in self.arguments:
            yield from argument.parts()
        yield self


def number(value: float) -> Expression:
    """Returns a number.

    Raises:
        SpecError: It is not finite.
    """
    if not math.isfinite(value):
        raise SpecError(f"a formula holds the number {value}: give finite ones")
    return Expression(NUMBER, float(value))


def feature(name: str) -> Expression:
    """Returns a feature by name.

    Raises:
        SpecError: There is none of this name.
    """
    if name not in FEATURES:
        raise SpecError(f"a formula names {name!r}: {suggestion(name, FEATURES)}")
    return Expression(name)


def apply(name: str, *arguments: Expression) -> Expression:
    """Returns an operator over its arguments.

    Raises:
        SpecError: There is no such operator, or it takes another number of arguments.
    """
    if name not in BY_NAME:
        raise SpecError(f"a formula calls {name!r}: {suggestion(name, BY_NAME)}")
    if len(arguments) != BY_NAME[name].num_arguments:
        raise SpecError(f"{name} in a formula has {len(arguments)} arguments: give {BY_NAME[name].num_arguments}")
    return Expression(name, 0.0, arguments)


_NOTHING = {("add", 0): 0.0, ("add", 1): 0.0, ("sub", 1): 0.0, ("mul", 0): 1.0, ("mul", 1): 1.0, ("div", 1): 1.0}  # changes nothing there


def simplified(expression: Expression) -> Expression:
    """Returns an expression of the same values but for rounding: numbers are put together, and what changes nothing is left out."""
    arguments = tuple(simplified(argument) for argument in expression.arguments)
    if not arguments:
        return expression
    if all(argument.name == NUMBER for argument in arguments):
        return number(applied(expression.name, *(argument.value for argument in arguments)))
    if expression.name == "where" and arguments[0].name == NUMBER:
        return arguments[1] if arguments[0].value > 0 else arguments[2]
    for place, argument in enumerate(arguments):
        if argument.name == NUMBER and _NOTHING.get((expression.name, place)) == argument.value:
            return arguments[1 - place]
    whole = expression._replace(arguments=arguments)
    if expression.name in ("add", "sub"):
        rest, shift = shifted(whole)
        if rest is not whole:
            further, more = shifted(rest)
            shift += more
            return further if shift == 0.0 else apply("add" if shift > 0 else "sub", further, number(abs(shift)))
    if expression.name == "mul":
        rest, factor = scaled(whole)
        if rest is not whole:
            further, more = scaled(rest)
            return apply("mul", number(factor * more), further)
    return whole


def shifted(expression: Expression) -> tuple[Expression, float]:
    """Returns what is left of a sum without the number in it, and the number; 0 where there is none."""
    if expression.name in ("add", "sub"):
        left, right = expression.arguments
        if right.name == NUMBER:
            return left, right.value if expression.name == "add" else -right.value
        if left.name == NUMBER and expression.name == "add":
            return right, left.value
    return expression, 0.0


def scaled(expression: Expression) -> tuple[Expression, float]:
    """Returns what is left of a product without the number in it, and the number; 1 where there is none."""
    if expression.name == "mul":
        for place in (0, 1):
            if expression.arguments[place].name == NUMBER:
                return expression.arguments[1 - place], expression.arguments[place].value
    return expression, 1.0


_BINDS = {"+": 1, "-": 1, "*": 2, "/": 2}


def written(expression: Expression, digits: int = 17) -> str:
    """Returns it in one line, as `parse` reads it.

    Args:
        expression: The expression.
        digits: Significant digits of numbers; with 17 they are read back exactly.
    """

    def text(part: Expression, binds: int, leads: bool = False) -> str:
        if part.name == NUMBER:
            value = f"{part.value:.{digits}g}" if digits < 17 else repr(part.value)
            return f"({value})" if part.value < 0 and binds and not leads else value
        if not part.arguments:
            return part.name
        infix = BY_NAME[part.name].infix
        if not infix:
            return f"{part.name}({', '.join(text(argument, 0) for argument in part.arguments)})"
        own = _BINDS[infix]
        left, right = text(part.arguments[0], own, leads=True), text(part.arguments[1], own + 1)  # as Python groups: to the left
        whole = f"{left} {infix} {right}"
        return f"({whole})" if own < binds else whole

    return text(expression, 0)
