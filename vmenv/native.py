"""Two operations that numba lacks: writing values as machine code sees them into a buffer, and reading them back at an address.

Only `vmenv.jit` imports this file, when the first function is compiled: it loads numba.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from numba import types
from numba.core.errors import TypingError
from numba.extending import intrinsic


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
_kinds: list[Any] = []  # the type that `read` has in the function that is being compiled


@contextlib.contextmanager
def reading(kind: Any) -> Iterator[None]:
    """While it lasts, functions that are compiled read values of the numba type `kind`.

    The type is no argument of `read` and no variable of its caller: numba would take it for something that changes from process to process,
    and would not find the caller's machine code in the cache.
    """
    _kinds.append(kind)
    try:
        yield
    finally:
        _kinds.pop()


@intrinsic
def read(typing_context: Any, address: Any) -> Any:
    """Reads a value at an address."""
    kind = _kinds[-1]

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = builder.inttoptr(arguments[0], context.get_value_type(kind).as_pointer())
        return builder.load(pointer, align=8)

    return kind(types.uintp), generate
