"""The interpreter of formulas, compiled once: candidates of a search differ in their data alone, so that none waits for a compiler."""

from __future__ import annotations

from typing import Any

from vmenv.dispatch.formula import operators as op
from vmenv.dispatch.formula.program import PUSH_HOST, PUSH_NUMBER, PUSH_VM
from vmenv.dispatch.index.places import HOST_VALUES, STACK, VALUES
from vmenv.host.state import Floats
from vmenv.jit import jittable


@jittable
def carry_out(program: Floats, length: int, memory: Floats) -> Any:
    """Returns what a program computes from the features in the memory of the run.

    Args:
        program: (2 x length or more,) operations and operands in turns, as of `program_of`.
        length: Number of instructions.
        memory: The memory of the run: features of the VM from VALUES on, of the host from HOST_VALUES on; from STACK on it is written.
    """
    top = STACK - 1
    for k in range(length):
        code = int(program[2 * k])
        if code == PUSH_NUMBER:
            top += 1
            memory[top] = program[2 * k + 1]
        elif code == PUSH_VM:
            top += 1
            memory[top] = memory[VALUES + int(program[2 * k + 1])]
        elif code == PUSH_HOST:
            top += 1
            memory[top] = memory[HOST_VALUES + int(program[2 * k + 1])]
        elif code == op.LOG:
            memory[top] = op.log_of(memory[top])
        elif code == op.EXP:
            memory[top] = op.exp_of(memory[top])
        elif code == op.PLAIN:
            memory[top] = op.plain_of(memory[top])
        elif code == op.WHERE:
            top -= 2
            memory[top] = op.where_of(memory[top], memory[top + 1], memory[top + 2])
        else:
            top -= 1
            x, y = memory[top], memory[top + 1]
            if code == op.ADD:
                x = op.cut(x + y)
            elif code == op.SUB:
                x = op.cut(x - y)
            elif code == op.MUL:
                x = op.cut(x * y)
            elif code == op.DIV:
                x = op.divided(x, y)
            elif code == op.MIN:
                x = min(x, y)
            else:
                x = max(x, y)
            memory[top] = x
    return memory[top]
