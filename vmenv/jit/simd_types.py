"""The numba type of `vmenv.jit.simd`: four float64 in a vector register.

Only `vmenv.jit` imports this file, when the first function is compiled: it loads numba.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import lower_builtin, models, register_model, type_callable

from vmenv.jit.simd import FOUR, OPERATIONS

DOUBLE = ir.DoubleType()
VECTOR = ir.VectorType(DOUBLE, FOUR)
PLACE = ir.IntType(32)


class Four(types.Type):
    """The numba type of four numbers."""

    def __init__(self) -> None:
        super().__init__(name="Four")


FOUR_TYPE = Four()


@register_model(Four)
class _Register(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, VECTOR)


def teach_fours(four: Callable[..., Any], put_four: Callable[..., Any], sum_of: Callable[..., Any]) -> None:
    """Makes compiled code take these functions, those of `vmenv.jit.simd` or ones that stand in for them, for operations on vectors."""
    _teach(four, FOUR_TYPE, _load, (types.Array, types.Integer))
    _teach(put_four, types.void, _store, (types.Array, types.Integer, Four))
    _teach(sum_of, types.float64, _sum, (Four,))
    _teach(abs, FOUR_TYPE, _absolute, (Four,))
    for operation, instruction in OPERATIONS.items():
        for operands in ((Four, Four), (Four, types.Float), (types.Float, Four)):
            _teach(operation, FOUR_TYPE, _elementwise(instruction), operands)


def _teach(function: Any, result: Any, generate: Callable[..., Any], operands: tuple[type, ...]) -> None:
    """Makes compiled code take a function of operands of these classes of types for what `generate` makes of them."""

    def result_for(*given: Any) -> Any:
        fits = all(isinstance(kind, wanted) and _is_plain(kind) for kind, wanted in zip(given, operands, strict=True))
        return result if fits else None

    typers = (lambda a: result_for(a), lambda a, b: result_for(a, b), lambda a, b, c: result_for(a, b, c))  # numba counts parameters
    type_callable(function)(lambda context: typers[len(operands) - 1])
    lower_builtin(function, *operands)(generate)


def _is_plain(kind: Any) -> bool:
    """Returns whether a type is something else than an array, or a contiguous one of float64 with one axis."""
    return not isinstance(kind, types.Array) or (kind.dtype, kind.ndim, kind.layout) == (types.float64, 1, "C")


def _place(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
    return builder.bitcast(builder.gep(data, [arguments[1]]), VECTOR.as_pointer())


def _load(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return builder.load(_place(context, builder, signature, arguments), align=8)


def _store(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    builder.store(arguments[2], _place(context, builder, signature, arguments), align=8)
    return context.get_dummy_value()


def _sum(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    total, *others = (builder.extract_element(arguments[0], PLACE(k)) for k in range(FOUR))
    for other in others:
        total = builder.fadd(total, other)
    return total


def _absolute(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(VECTOR, [VECTOR]), "llvm.fabs.v4f64")
    return builder.call(function, arguments)


def _elementwise(instruction: str) -> Callable[..., Any]:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        left, right = (
            value if isinstance(kind, Four) else _repeat(builder, context.cast(builder, value, kind, types.float64))
            for kind, value in zip(signature.args, arguments, strict=True)
        )
        return getattr(builder, instruction)(left, right)

    return generate


def _repeat(builder: Any, number: Any) -> Any:
    undefined = ir.Constant(VECTOR, ir.Undefined)
    first = builder.insert_element(undefined, number, PLACE(0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(PLACE, FOUR), [0] * FOUR))
