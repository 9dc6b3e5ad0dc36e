"""Named tuples of arrays that compiled code keeps in one place and hands on by address: `vmenv.jit.pinned` and `vmenv.jit.lend`.

Only `vmenv.jit` imports this file, when the first function is compiled: it loads numba.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import infer_getattr, intrinsic, lower_builtin, lower_getattr_generic, models, register_model, type_callable

from vmenv.jit.intrinsics import kind_of, tag_of


class Pinned(types.Type):
    """The numba type of a named tuple that stays in one place: an address of it.

    Attributes:
        value: numba's type of the named tuple.
        sizes: The sizes of the last axes of its fields, where `vmenv.jit.with_sizes` has told them.
    """

    def __init__(self, value: Any) -> None:
        self.value = value
        self.sizes: dict[str, tuple[int, ...]] = getattr(value.instance_class, "SIZES", {})
        super().__init__(name=f"Pinned({tag_of(value):08x})")  # short: numba hashes names and writes them into symbols


@register_model(Pinned)
class _Address(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, manager.lookup(kind.value).get_value_type().as_pointer())


@infer_getattr
class _Fields(AttributeTemplate):
    key = Pinned

    def generic_resolve(self, value: Any, attr: str) -> Any:  # type: ignore[override]  # numba's constant NotImplemented stands for it
        """Returns the type of a field, None if there is no such field."""
        fields = value.value.fields
        return value.value.types[fields.index(attr)] if attr in fields else None


@lower_getattr_generic(Pinned)
def _load_field(context: Any, builder: Any, kind: Any, pointer: Any, name: str) -> Any:
    return builder.load(cgutils.gep_inbounds(builder, pointer, 0, kind.value.fields.index(name)))


def _pin(context: Any, builder: Any, kind: Pinned, value: Any) -> Any:
    """Returns the address of a place on the stack with the value in it, and with constants for the sizes that are told beforehand."""
    for position, (name, field) in enumerate(zip(kind.value.fields, kind.value.types, strict=True)):
        if isinstance(field, types.Array) and field.layout == "C":
            array = _with_sizes(context, builder, field, builder.extract_value(value, position), kind.sizes.get(name, ()))
            value = builder.insert_value(value, array, position)
    return cgutils.alloca_once_value(builder, value)


def _with_sizes(context: Any, builder: Any, kind: Any, array: Any, sizes: tuple[int, ...]) -> Any:
    """Returns the array with these sizes of its last axes, and the strides that follow from them, as constants."""
    model, stride = context.data_model_manager[kind], context.get_abi_sizeof(context.get_data_type(kind.dtype))
    for axis, size in zip(reversed(range(kind.ndim)), (*reversed(sizes), None), strict=False):
        for field, number in (("strides", stride), ("shape", size)):
            if number is not None:
                constant = context.get_constant(types.intp, number)
                array = builder.insert_value(array, constant, [model.get_field_position(field), axis])
        stride *= size or 1
    return array


@intrinsic(prefer_literal=True)
def borrowed(typing_context: Any, address: Any, tag: Any) -> Any:
    """Returns what was lent at an address, of the type that the constant `tag` stands for, pinned anew."""
    kind = Pinned(kind_of(tag.literal_value))

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _pin(context, builder, kind, builder.load(builder.inttoptr(arguments[0], context.get_value_type(kind))))

    return kind(types.uintp, tag), generate


def teach(pinned: Callable[[Any], Any], lend: Callable[[Any], Any]) -> None:
    """Makes compiled code take pinned(value) for a `Pinned`, and lend(pinned) for an address at which `borrowed` finds the value.

    Either is on the stack of the function that calls it, and is gone when that function returns.
    """

    @type_callable(pinned)
    def type_pinned(context: Any) -> Any:
        return lambda value: Pinned(value)

    @lower_builtin(pinned, types.NamedTuple)
    def lower_pinned(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _pin(context, builder, signature.return_type, arguments[0])

    @type_callable(lend)
    def type_lend(context: Any) -> Any:
        return lambda value: types.uintp

    @lower_builtin(lend, Pinned)
    def lower_lend(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        copy = cgutils.alloca_once_value(builder, builder.load(arguments[0]))  # what nobody else has the address of stays in registers
        return builder.ptrtoint(copy, context.get_value_type(types.uintp))
