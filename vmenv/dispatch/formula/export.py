"""A formula as the file of a scheduler: Python that a reader can change, and that plays as the formula does."""

from __future__ import annotations

import keyword
from collections.abc import Iterable

from vmenv.dispatch.formula.expression import NUMBER, Expression
from vmenv.dispatch.formula.operators import BY_NAME
from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.errors import SpecError

CALLS = {"div": "divided", "log": "log_of", "exp": "exp_of", "plain": "plain_of", "where": "where_of", "min": "min", "max": "max"}
MODULE = '''"""{name}: {rule}.

Exported from a formula. Features are those of `vmenv.dispatch.index.features`, scaled as there; tau is {tau} us.

Source: learned.
Information: demands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

{operators}from vmenv.dispatch.index.features import AT, AT_HOST, write_host_features, write_vm_features
from vmenv.dispatch.index.places import HOST_VALUES, VALUES, WAIT
from vmenv.dispatch.loop.experience import learn
from vmenv.dispatch.loop.view import view_host
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.host.state import Floats, State

TIME_SCALE_US = {tau}.0
LEARNS, LOOKS_AROUND = {learns}, {looks_around}  # what some features need


@SCHEDULERS.register("{name}")
@dataclass(frozen=True, kw_only=True)
class {class_name}(Scheduler):
    """Grants the VM that is worth most, or waits if that is worth more. The numbers of the formula are the parameters."""

    information = "demands"
    source = "learned"
    waits_on_purpose = {waits}

{fields}
    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Writes the features of the host, and what waiting is worth."""
        if LEARNS:
            learn(s)
        host = view_host(s)
        seen_of_host = s.run_memory[HOST_VALUES:]
        write_host_features(host, TIME_SCALE_US, LOOKS_AROUND, seen_of_host)
        s.run_memory[WAIT] = -np.inf
{wait}
    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus what the VM is worth; infinity if waiting is worth more."""
        seen = host.run_memory[VALUES:]
        write_vm_features(vm, host, TIME_SCALE_US, LEARNS, seen)
{score}
        return (np.inf if worth < host.run_memory[WAIT] else -worth), 0.0
'''


def scheduler_source(policy: FormulaPolicy, name: str) -> str:
    """Returns the source of a module that registers the formula as a scheduler; its numbers are the parameters.

    It plays as the formula does, but where a number grows beyond 1e12, at which formulas cut.

    Args:
        policy: The formula.
        name: Of the scheduler: a Python name such as "my_rule", by which the module must be found.

    Raises:
        SpecError: The name is none.
    """
    if not name.isidentifier() or keyword.iskeyword(name):
        raise SpecError(f"the scheduler is to be called {name!r}: give a Python name such as 'my_rule'")
    numbers: list[float] = []
    score, wait = policy.score, policy.wait
    assert isinstance(score, Expression)
    scored = _lines("worth = " + _code(score, numbers), score, indent=8)
    waited = ""
    if isinstance(wait, Expression):
        value = _lines("s.run_memory[WAIT] = " + _code(wait, numbers), wait, indent=12)
        waited = f"        if host.can_wait:\n{value}\n"
    learns, looks_around = policy.looks()
    expressions = [part for part in (score, wait) if isinstance(part, Expression)]
    used = sorted({CALLS[part.name] for one in expressions for part in one.parts() if part.name in CALLS} - {"min", "max"})
    return MODULE.format(
        name=name,
        rule=policy,
        tau=policy.time_scale_us,
        operators=f"from vmenv.dispatch.formula.operators import {', '.join(used)}\n" if used else "",
        learns=learns,
        looks_around=looks_around,
        class_name="".join(word.capitalize() for word in name.split("_")) or "Rule",
        waits=wait is not None,
        fields="".join(f"    c{k}: float = {value!r}\n" for k, value in enumerate(numbers)),
        wait=waited,
        score=scored,
    )


def _code(expression: Expression, numbers: list[float]) -> str:
    """Returns the expression as Python, and notes its numbers as parameters."""
    if expression.name == NUMBER:
        numbers.append(expression.value)
        return f"params[{len(numbers) - 1}]"
    if not expression.arguments:
        return _variable(expression.name)
    arguments = [_code(argument, numbers) for argument in expression.arguments]
    if expression.name in CALLS:
        return f"{CALLS[expression.name]}({', '.join(arguments)})"
    return f"({arguments[0]} {BY_NAME[expression.name].infix} {arguments[1]})"


def _variable(name: str) -> str:
    return name.replace("host.", "host_")


def _lines(statement: str, expression: Expression, indent: int) -> str:
    """Returns the statement behind those that look the features up."""
    features = _unique(part.name for part in expression.parts() if not part.arguments and part.name != NUMBER)
    looks = [
        f"{_variable(name)} = seen_of_host[AT_HOST.{name[5:]}]" if name.startswith("host.") else f"{name} = seen[AT.{name}]"
        for name in features
    ]
    if indent == 8 and any(name.startswith("host.") for name in features):
        looks.insert(0, "seen_of_host = host.run_memory[HOST_VALUES:]")
    return "\n".join(" " * indent + line for line in (*looks, statement))


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
