"""numpy's PCG64 as machine code, under numba's own type of numpy's generators: `vmenv.jit.pcg64`.

numba calls a generator's bits through addresses, which usually lead into numpy. Here they lead to functions in the same piece of code, so
that nothing of Python is needed to make a generator, and each draw is inlined.

Only `vmenv.jit` imports this file, when the first function is compiled: it loads numba.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import typeof, types
from numba.core import cgutils
from numba.extending import lower_builtin, type_callable

from vmenv.jit.seeding import MULTIPLIER

I32, I64, I128 = ir.IntType(32), ir.IntType(64), ir.IntType(128)
STATE = ir.ArrayType(I64, 5)  # the state and the increment, low words first; the half word that is left of the last, + 2**32 if one is
INCREMENT, LEFT = 2, 4
GENERATOR = typeof(np.random.Generator(np.random.PCG64(0)))
BITS = types.NumPyRandomBitGeneratorType("bit_generator")


def teach(pcg64: Callable[..., Any]) -> None:
    """Makes compiled code know `pcg64(...)`."""

    @type_callable(pcg64)
    def type_pcg64(context: Any) -> Any:
        return lambda state_high, state_low, stream_high, stream_low: GENERATOR

    @lower_builtin(pcg64, types.int64, types.int64, types.int64, types.int64)
    def lower_pcg64(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = cgutils.alloca_once(builder, STATE)
        increment = builder.or_(builder.shl(_wide(builder, *arguments[2:]), I128(1)), I128(1))
        begun = builder.add(_wide(builder, *arguments[:2]), increment)
        _put(builder, place, 0, builder.add(builder.mul(begun, I128(MULTIPLIER)), increment))
        _put(builder, place, INCREMENT, increment)
        builder.store(I64(0), _at(builder, place, LEFT))
        bits = cgutils.create_struct_proxy(BITS)(context, builder)
        bits.state = bits.state_address = builder.ptrtoint(place, I64)
        bits.fnptr_next_uint64, bits.fnptr_next_uint32, bits.fnptr_next_double = (
            builder.ptrtoint(function, I64) for function in _functions(builder.module)
        )
        generator = cgutils.create_struct_proxy(GENERATOR)(context, builder)
        generator.bit_generator = bits._getvalue()
        return generator._getvalue()


def _functions(module: Any) -> list[Any]:
    """Returns what draws 64 bits, 32 bits and a number from 0 to 1, made once in each module; each takes the address of a state."""
    kinds = {"vmenv_next_uint64": I64, "vmenv_next_uint32": I32, "vmenv_next_double": ir.DoubleType()}
    if next(iter(kinds)) in module.globals:
        return [module.globals[name] for name in kinds]
    made = [ir.Function(module, ir.FunctionType(kind, [I64]), name) for name, kind in kinds.items()]
    for function in made:
        function.linkage = "linkonce_odr"
        function.attributes.add("alwaysinline")
    all_bits, half, fraction = made

    builder = ir.IRBuilder(all_bits.append_basic_block())
    place = builder.inttoptr(all_bits.args[0], STATE.as_pointer())
    state = builder.add(builder.mul(_get(builder, place, 0), I128(MULTIPLIER)), _get(builder, place, INCREMENT))
    _put(builder, place, 0, state)
    high, low = builder.trunc(builder.lshr(state, I128(64)), I64), builder.trunc(state, I64)
    folded, turn = builder.xor(high, low), builder.lshr(high, I64(58))
    rest = builder.and_(builder.neg(turn), I64(63))
    builder.ret(builder.or_(builder.lshr(folded, turn), builder.shl(folded, rest)))

    builder = ir.IRBuilder(half.append_basic_block())
    place = builder.inttoptr(half.args[0], STATE.as_pointer())
    left = builder.load(_at(builder, place, LEFT))
    with builder.if_then(builder.icmp_unsigned("==", left, I64(0))):
        drawn = builder.call(all_bits, [half.args[0]])
        builder.store(builder.or_(builder.lshr(drawn, I64(32)), I64(2**32)), _at(builder, place, LEFT))
        builder.ret(builder.trunc(drawn, I32))
    builder.store(I64(0), _at(builder, place, LEFT))
    builder.ret(builder.trunc(left, I32))

    builder = ir.IRBuilder(fraction.append_basic_block())
    drawn = builder.lshr(builder.call(all_bits, [fraction.args[0]]), I64(11))
    builder.ret(builder.fmul(builder.uitofp(drawn, ir.DoubleType()), ir.DoubleType()(2.0**-53)))
    return made


def _at(builder: Any, place: Any, k: int) -> Any:
    return builder.gep(place, [I32(0), I32(k)])


def _wide(builder: Any, high: Any, low: Any) -> Any:
    return builder.or_(builder.shl(builder.zext(high, I128), I128(64)), builder.zext(low, I128))


def _get(builder: Any, place: Any, k: int) -> Any:
    return _wide(builder, builder.load(_at(builder, place, k + 1)), builder.load(_at(builder, place, k)))


def _put(builder: Any, place: Any, k: int, value: Any) -> None:
    builder.store(builder.trunc(value, I64), _at(builder, place, k))
    builder.store(builder.trunc(builder.lshr(value, I128(64)), I64), _at(builder, place, k + 1))
