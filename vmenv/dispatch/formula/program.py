"""An expression as a program: numbers that the interpreter in the simulator's loop carries out, one instruction after the other."""

from __future__ import annotations

import numpy as np

from vmenv.dispatch.formula.expression import NUMBER, Expression
from vmenv.dispatch.formula.operators import BY_NAME, OPERATORS
from vmenv.dispatch.index.features import HOST_FEATURES, VM_FEATURES
from vmenv.dispatch.index.places import STACK_SIZE
from vmenv.errors import SpecError
from vmenv.host.state import Floats

PUSH_NUMBER, PUSH_VM, PUSH_HOST = range(len(OPERATORS), len(OPERATORS) + 3)
MOST_INSTRUCTIONS = 64
_CODES = {operator.name: code for code, operator in enumerate(OPERATORS)}


def program_of(expression: Expression, sees_vm: bool = True) -> Floats:
    """Returns (n, 2): operation and operand of each instruction, of which only those that push have an operand.

    Args:
        expression: What is to be computed.
        sees_vm: Whether features of a VM may be asked for.

    Raises:
        SpecError: It is too long or nested too deeply, or asks for a VM where there is none.
    """
    program: list[tuple[int, float]] = []
    for part in expression.parts():
        if part.name == NUMBER:
            program.append((PUSH_NUMBER, part.value))
        elif part.name in BY_NAME:
            program.append((_CODES[part.name], 0.0))
        elif part.name.startswith("host."):
            program.append((PUSH_HOST, HOST_FEATURES.index(part.name.removeprefix("host."))))
        elif sees_vm:
            program.append((PUSH_VM, VM_FEATURES.index(part.name)))
        else:
            raise SpecError(f"what waiting is worth depends on {part.name!r}, which is of a VM: give features of the host, host.name")
    if len(program) > MOST_INSTRUCTIONS:
        raise SpecError(f"a formula has {len(program)} parts: give at most {MOST_INSTRUCTIONS}")
    if depth(expression) > STACK_SIZE:
        raise SpecError(f"a formula needs {depth(expression)} numbers at once: write what is nested most first; {STACK_SIZE} are allowed")
    return np.array(program, np.float64)


def depth(expression: Expression) -> int:
    """Returns how many numbers are kept at once at the most while it is computed."""
    return max((k + depth(argument) for k, argument in enumerate(expression.arguments)), default=1)
