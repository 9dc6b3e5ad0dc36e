"""Expressions as texts and trees, and what they compute."""

from __future__ import annotations

import math

import numpy as np
import pytest

from agents.dispatch.search.shapes import Shapes
from vmenv.dispatch.formula import operators as op
from vmenv.dispatch.formula.expression import FEATURES, NUMBER, Expression, apply, feature, number, simplified, written
from vmenv.dispatch.formula.machine import carry_out
from vmenv.dispatch.formula.parse import MOST_LETTERS, parse
from vmenv.dispatch.formula.program import MOST_INSTRUCTIONS, depth, program_of
from vmenv.dispatch.index.features import HOST_FEATURES, VM_FEATURES
from vmenv.dispatch.index.places import HOST_VALUES, STACK_SIZE, VALUES
from vmenv.errors import SpecError
from vmenv.host import columns as c

OF_HOST = tuple(f"host.{name}" for name in HOST_FEATURES)


def drawn(seed: int, changes: int = 12) -> Expression:
    """Returns a random expression."""
    shapes = Shapes(VM_FEATURES, OF_HOST, 30, np.random.default_rng(seed))
    expression = number(1.0)
    for _ in range(changes):
        changed = shapes._rewritten(expression, [expression, feature("cpu")], sees_vm=True)
        if changed.num_terms <= 20:
            expression = changed
    return expression


def value(expression: Expression, seen: dict[str, float]) -> float:
    """Returns what an expression says, by plain recursion."""
    if expression.name == NUMBER:
        return expression.value
    x = [value(argument, seen) for argument in expression.arguments]
    match expression.name:
        case "add":
            return min(max(x[0] + x[1], -1e12), 1e12)
        case "sub":
            return min(max(x[0] - x[1], -1e12), 1e12)
        case "mul":
            return min(max(x[0] * x[1], -1e12), 1e12)
        case "div":
            return min(max(x[0] / (x[1] if abs(x[1]) >= 1e-9 else 1e-9), -1e12), 1e12)
        case "min":
            return min(x)
        case "max":
            return max(x)
        case "log":
            return math.log(max(x[0], 1e-6))
        case "exp":
            return math.exp(min(max(x[0], -25.0), 25.0))
        case "plain":
            return x[0] / max(1.0 - abs(x[0]), 1e-6)
        case "where":
            return x[1] if x[0] > 0 else x[2]
        case name:
            return seen[name]


def seen_of(seed: int) -> tuple[dict[str, float], np.ndarray]:
    """Returns features by name, and the memory of a run that holds them."""
    memory, rng = np.zeros(c.NUM_RUN_MEMORY), np.random.default_rng(seed)
    memory[VALUES : VALUES + len(VM_FEATURES)] = rng.uniform(-1, 1, len(VM_FEATURES)).round(1)
    memory[HOST_VALUES : HOST_VALUES + len(HOST_FEATURES)] = rng.uniform(0, 1, len(HOST_FEATURES)).round(1)
    names = {name: float(memory[VALUES + k]) for k, name in enumerate(VM_FEATURES)}
    return names | {name: float(memory[HOST_VALUES + k]) for k, name in enumerate(OF_HOST)}, memory


@pytest.mark.parametrize("seed", range(60))
def test_a_program_computes_what_the_expression_says(seed: int) -> None:
    expression = drawn(seed)
    seen, memory = seen_of(seed)
    assert carry_out(program_of(expression).ravel(), len(program_of(expression)), memory) == value(expression, seen)


@pytest.mark.parametrize("seed", range(60))
def test_what_is_written_is_read_back(seed: int) -> None:
    """Up to the grouping of what a minus before a number means: -1.0 is a number."""
    expression = drawn(seed)
    assert parse(written(expression)) == expression
    assert value(parse(written(expression, digits=3)), seen_of(seed)[0]) is not None


@pytest.mark.parametrize("seed", range(60))
def test_simplified_it_says_the_same_in_no_more_terms(seed: int) -> None:
    expression = drawn(seed)
    seen, _ = seen_of(seed)
    assert value(simplified(expression), seen) == pytest.approx(value(expression, seen), rel=1e-12)
    assert simplified(expression).num_terms <= expression.num_terms
    assert simplified(simplified(expression)) == simplified(expression)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("1 - 2 - 3", -4.0),
        ("2 * (3 + 4)", 14.0),
        ("-3 - -4", 1.0),
        ("-(2 + 1)", -3.0),
        ("8 / 4 / 2", 1.0),
        ("1 / 0", 1e9),
        ("log(0)", math.log(1e-6)),
        ("exp(1000)", math.exp(25)),
        ("plain(0.75)", 3.0),
        ("plain(-0.5)", -1.0),
        ("plain(1)", 1e6),
        ("where(0, 1, 2)", 2.0),
        ("where(0.1, 1, 2)", 1.0),
        ("max(min(3, 5), 4)", 4.0),
        ("1e300 * 1e300", 1e12),
    ],
)
def test_numbers(text: str, result: float) -> None:
    expression = parse(text)
    assert value(expression, {}) == pytest.approx(result)
    assert simplified(expression) == number(value(expression, {}))


def test_terms_are_features_and_numbers() -> None:
    assert parse("weight * promise - log(plain(page_in)) + 0.5").num_terms == 4


def test_features_are_those_of_index_policies() -> None:
    assert set(FEATURES) == {*VM_FEATURES, *OF_HOST}
    assert [operator.name for operator in op.OPERATORS][op.WHERE] == "where"


@pytest.mark.parametrize("x", [0.0, -0.0, 1.0, -1.0, 1e-300, 1e300, -1e300, 5e-324])
def test_operators_are_finite(x: float) -> None:
    for operator in op.OPERATORS:
        for y in (0.0, x, -x, 1e300):
            assert math.isfinite(op.applied(operator.name, *(x, y, -y)[: operator.num_arguments])) or operator.name in (
                "min",
                "max",
                "where",
            )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "attained +",
        "attaned",
        "host.attained",
        "host",
        "__import__('os').system('true')",
        "attained.__class__",
        "host.running.real",
        "(lambda: 1)()",
        "[x for x in (1, 2)]",
        "log(attained, 2)",
        "where(1, 2)",
        "log(x=1)",
        "log(*[1])",
        "attained ** 2",
        "attained // 2",
        "attained if cpu else 1",
        "attained > 1",
        "True",
        "'1'",
        "1j",
        "1e999",
        "1" * 400,
        "~1",
        "(" * 300 + "1" + ")" * 300,
        "-" * 3_000 + "1",
        "+".join(["1"] * 1_999),
        "1 + " * MOST_LETTERS + "1",
        "attained\0",
        "a\nb",
        None,
        3.0,
    ],
)
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        program_of(parse(text))


def test_long_and_deep_ones_are_refused() -> None:
    long = feature("cpu")
    for _ in range(MOST_INSTRUCTIONS // 2):
        long = apply("add", long, feature("cpu"))
    with pytest.raises(SpecError, match=f"give at most {MOST_INSTRUCTIONS}"):
        program_of(long)
    deep = feature("cpu")
    for _ in range(STACK_SIZE):
        deep = apply("add", feature("cpu"), deep)
    assert depth(deep) == STACK_SIZE + 1
    with pytest.raises(SpecError, match=f"{STACK_SIZE} are allowed"):
        program_of(deep)
    with pytest.raises(SpecError, match="give features of the host"):
        program_of(feature("cpu"), sees_vm=False)
    with pytest.raises(SpecError, match="did you mean 'min'"):
        apply("mni", long, long)
    with pytest.raises(SpecError, match="give finite ones"):
        number(math.inf)
