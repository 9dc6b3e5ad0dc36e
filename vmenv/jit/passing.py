"""Compiled functions that are handed to machine code as arguments, called often and for a short time."""

from __future__ import annotations

import functools
from typing import Any

from vmenv.jit.compile import numba_module


@functools.cache
def quick_to_pass(function: Any, signature: Any) -> Any:
    """Returns what can be handed over in place of a compiled function, in a tenth of the time: its address is found once, not at each call.

    Machine code calls it by way of a wrapper, so that it is none for loops that call it a million times.

    Args:
        function: What `vmenv.jit.compiled` returned for this signature.
        signature: A numba signature.

    Source: the wrapper address protocol of numba's first-class functions.
    """
    types = numba_module().types
    from numba.experimental.function_type import _get_wrapper_address

    address = _get_wrapper_address(function, signature)

    class Passed(types.WrapperAddressProtocol):  # type: ignore[misc, name-defined]  # numba has no types
        keeps_alive = function

        def __wrapper_address__(self) -> int:
            return int(address)

        def signature(self) -> Any:
            return signature

    return Passed()
