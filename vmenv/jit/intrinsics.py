"""Operations that numba lacks: writing values as machine code sees them into a buffer, and reading them back at an address.

Only `vmenv.jit` imports this file, when the first function is compiled: it loads numba.
"""

from __future__ import annotations

import hashlib
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.extending import intrinsic

from vmenv.jit.clock import CLOCK, HAS_CLOCK


@intrinsic(prefer_literal=False)
def write(typing_context: Any, buffer: Any, value: Any) -> Any:
    """Writes `value`, of any type without references that numba would have to count, to the start of an int64 array."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        length = context.get_abi_sizeof(arguments[1].type)
        if length > BUFFER_BYTES:
            raise TypingError(f"{length} bytes of arguments: the buffer has {BUFFER_BYTES}")
        builder.store(arguments[1], builder.bitcast(array.data, arguments[1].type.as_pointer()), align=8)
        return context.get_dummy_value()

    return types.void(buffer, value), generate


BUFFER_BYTES = 8192
_kinds: dict[int, Any] = {}


def tag_of(kind: Any) -> int:
    """Returns a number that stands for the numba type `kind`, the same in every process; `read` takes it for the type from now on.

    The type itself is no argument of `read` and no variable of its caller: numba would take it for something that changes from process to
    process, and would not find the caller's machine code in the cache.
    """
    tag = int(hashlib.sha256(_described(kind).encode()).hexdigest()[:8], 16)
    _kinds[tag] = kind
    return tag


def _described(kind: Any) -> str:
    """Returns the name of a type and all that tells named tuples apart, of which numba writes no more than the class and the types."""
    parts: Any = kind if isinstance(kind, types.BaseTuple) else ()
    inside = [_described(each) for each in parts]
    if hasattr(kind, "instance_class"):
        owner = kind.instance_class
        return f"{owner.__module__}.{owner.__qualname__}({', '.join(map(': '.join, zip(kind.fields, inside, strict=True)))})"
    return f"({', '.join(inside)})" if inside else str(kind)


def kind_of(tag: int) -> Any:
    """Returns the type that a tag stands for."""
    return _kinds[tag]


@intrinsic(prefer_literal=True)
def read(typing_context: Any, address: Any, tag: Any) -> Any:
    """Reads a value at an address, of the type that the constant `tag` stands for."""
    kind = kind_of(tag.literal_value)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = builder.inttoptr(arguments[0], context.get_value_type(kind).as_pointer())
        return builder.load(pointer, align=8)

    return kind(types.uintp, tag), generate


@intrinsic
def load_atomic(typing_context: Any, array: Any, index: Any) -> Any:
    """Reads an entry of an int64 array that another thread may write to."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.load_atomic(builder.gep(data, [arguments[1]]), "seq_cst", 8)

    return types.int64(array, types.intp), generate


@intrinsic
def store_atomic(typing_context: Any, array: Any, index: Any, value: Any) -> Any:
    """Writes an entry of an int64 array that another thread may read; all that was written before is seen with it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        builder.store_atomic(arguments[2], builder.gep(data, [arguments[1]]), "seq_cst", 8)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.int64), generate


@intrinsic
def add_atomic(typing_context: Any, array: Any, index: Any, value: Any) -> Any:
    """Adds to an entry of an int64 array that other threads may add to, and returns what it was before."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.atomic_rmw("add", builder.gep(data, [arguments[1]]), arguments[2], "seq_cst")

    return types.int64(array, types.intp, types.int64), generate


@intrinsic
def call_at(typing_context: Any, function: Any, address: Any, first: Any, past: Any) -> Any:
    """Calls the machine code at the address `function`, as `vmenv.jit.bind` makes it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        integer = context.get_value_type(types.int64)
        kind = ir.FunctionType(integer, [integer] * 3)
        return builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])

    return types.int64(types.int64, types.int64, types.int64, types.int64), generate


@intrinsic
def read_clock(typing_context: Any) -> Any:
    """Returns what `vmenv.jit.clock.monotonic_ns` returns, by the C library."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        integer, short = ir.IntType(64), ir.IntType(32)
        if not HAS_CLOCK:
            return ir.Constant(integer, 0)
        time = cgutils.alloca_once(builder, ir.ArrayType(integer, 2))  # seconds, nanoseconds
        kind = ir.FunctionType(short, [short, time.type])
        builder.call(cgutils.get_or_insert_function(builder.module, kind, "clock_gettime"), [ir.Constant(short, CLOCK), time])
        seconds, nanoseconds = (builder.extract_value(builder.load(time), k) for k in range(2))
        return builder.add(builder.mul(seconds, ir.Constant(integer, 10**9)), nanoseconds)

    return types.int64(), generate
