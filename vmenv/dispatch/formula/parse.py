"""From text to expressions. Python's own parser reads the text; nothing of it is ever executed."""

from __future__ import annotations

import ast

from vmenv.dispatch.formula.expression import Expression, apply, feature, number
from vmenv.errors import SpecError

MOST_LETTERS = 4_000
INFIX = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}


def parse(text: str) -> Expression:
    """Returns the expression that a text says, such as "weight * promise - log(plain(page_in))".

    Features of the host are written host.name; functions are those of `vmenv.dispatch.formula.operators`, and + - * / as in Python.

    Raises:
        SpecError: It is not a formula.
    """
    if not isinstance(text, str):
        raise SpecError(f"a formula is {text!r}: give a text such as 'weight * promise'")
    if len(text) > MOST_LETTERS:
        raise SpecError(f"a formula has {len(text):,} letters: give at most {MOST_LETTERS:,}")
    try:
        return _expression(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, SpecError):
            raise
        reason = error.msg if isinstance(error, SyntaxError) else "it is nested too deeply"
        raise SpecError(f"{text[:80]!r} is not a formula ({reason}): give one such as 'weight * promise - log(plain(page_in))'") from error


def _expression(node: ast.expr) -> Expression:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            try:
                return number(float(value))
            except OverflowError:
                return number(float("inf"))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = _expression(operand)
            return number(-inner.value) if isinstance(operand, ast.Constant) else apply("sub", number(0.0), inner)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in INFIX:
            return apply(INFIX[type(operator)], _expression(left), _expression(right))
        case ast.Name(id=name):
            return feature(name)
        case ast.Attribute(value=ast.Name(id="host"), attr=name):
            return feature(f"host.{name}")
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return apply(name, *(_expression(argument) for argument in arguments))
        case _:
            raise SpecError(f"a formula holds {ast.unparse(node)[:60]!r}: give numbers, features, + - * / and the functions of formulas")
