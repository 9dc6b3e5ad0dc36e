"""What formulas are made of besides features and numbers. Each operator takes finite numbers and returns a finite one.

So a formula that a search has put together never gives NaN or infinity: results are cut at 1e12, and divisions and logarithms keep away
from 0. Exported rules call the same functions.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from vmenv.jit import jittable

MOST = 1e12
LEAST_DIVISOR = 1e-9
LEAST_LOGARITHM = 1e-6  # of which a logarithm is taken; further down nothing that a policy sees differs
MOST_EXPONENT = 25.0
CLOSEST = 1e-6  # to 1, of what `plain` takes


class Operator(NamedTuple):
    """One operator: its place in programs is its place in OPERATORS.

    Attributes:
        name: As it is written; `infix` ones stand between their arguments.
        num_arguments: How many numbers it takes.
        infix: Its sign, or empty.
    """

    name: str
    num_arguments: int
    infix: str = ""


OPERATORS = (
    Operator("add", 2, "+"),
    Operator("sub", 2, "-"),
    Operator("mul", 2, "*"),
    Operator("div", 2, "/"),
    Operator("min", 2),
    Operator("max", 2),
    Operator("log", 1),
    Operator("exp", 1),
    Operator("plain", 1),
    Operator("where", 3),
)
BY_NAME = {operator.name: operator for operator in OPERATORS}
ADD, SUB, MUL, DIV, MIN, MAX, LOG, EXP, PLAIN, WHERE = range(len(OPERATORS))


@jittable
def cut(x: float) -> float:
    """Returns x, at most 1e12 in size."""
    return max(-MOST, min(x, MOST))


@jittable
def divided(x: float, y: float) -> float:
    """Returns x / y, y being kept away from 0."""
    if abs(y) < LEAST_DIVISOR:
        y = LEAST_DIVISOR
    return cut(x / y)


@jittable
def log_of(x: float) -> float:
    """Returns the natural logarithm, of a millionth at the least."""
    return math.log(max(x, LEAST_LOGARITHM))


@jittable
def exp_of(x: float) -> float:
    """Returns the exponential, of at most 25 in size."""
    return math.exp(max(-MOST_EXPONENT, min(x, MOST_EXPONENT)))


@jittable
def plain_of(x: float) -> float:
    """Returns x / (1 - |x|), which undoes the scaling of features that are squashed: what was t / (t + tau) is then t / tau."""
    return x / max(1.0 - abs(x), CLOSEST)


@jittable
def where_of(condition: float, yes: float, no: float) -> float:
    """Returns `yes` if the condition is above 0, else `no`."""
    return yes if condition > 0.0 else no


def applied(name: str, *numbers: float) -> float:
    """Returns what an operator makes of numbers, outside of programs."""
    if name == "where":
        return where_of(*numbers)
    if name in ("log", "exp", "plain"):
        return {"log": log_of, "exp": exp_of, "plain": plain_of}[name](*numbers)
    x, y = numbers
    results = {"add": cut(x + y), "sub": cut(x - y), "mul": cut(x * y), "div": divided(x, y), "min": min(x, y), "max": max(x, y)}
    return results[name]
