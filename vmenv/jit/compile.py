"""One source, two modes: plain Python functions that numba compiles when asked to.

A function marked `@jittable` stays an ordinary Python function, and that is the interpreted mode. `compiled(f)` returns the
machine-code version of `f` and of all it calls. numba is imported at the first such call and not before.

Compiled code is cached on disk under a digest of the sources it comes from: numba itself looks only at the file of the outermost
function, so it would go on using code compiled from an older version of what that function calls.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from vmenv.jit.cache import cache_root, drop_all_but, hold

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

_SOURCES = (
    "host",
    "jit",
    "share",
    "episodes/exchange.py",
    "dispatch/loop",
    "dispatch/schedulers",
    "dispatch/index",
    "dispatch/batch.py",
    "dispatch/history.py",
    "dispatch/observation.py",
    "dispatch/scheduler.py",
)
_KEEP_CACHES = 4
# Nothing is allocated, so nothing is counted. Division by zero is checked by nobody: the inputs are validated, and the checks cost a third.
_OPTIONS = {"_nrt": False, "error_model": "numpy"}
_waiting: list[Callable[..., Any]] = []


def jittable(function: F) -> F:
    """Marks a function that compiled code may call. The function itself is returned unchanged."""
    _waiting.append(function)
    return function


def take_waiting() -> list[Callable[..., Any]]:
    """Returns the functions marked since the last time, for who compiles them for something else than this processor."""
    taken, _waiting[:] = list(_waiting), []
    return taken


@jittable
def unsigned(i: int) -> Any:
    """Returns the same number as an index that compiled code does not test for being negative, which would count from the end."""
    return np.uint64(i)


@jittable
def signed(i: int) -> Any:
    """Returns the same number: together with others that have a sign, one that has none would become a float."""
    return np.int64(i)


def name_apart(function: Callable[..., Any], name: str) -> None:
    """Gives a function that is made inside another one a name of its own.

    numba names machine code by qualified name and a number that starts anew in each process: without names of their own, code of one
    closure that was cached by one process would stand in for that of another, cached by another process.
    """
    function.__qualname__ = f"{function.__name__}_{name}".replace(".", "_")


def compiled(function: Callable[..., Any], signature: Any = None, cache: bool = True) -> Any:
    """Returns the compiled version of `function`, which releases the GIL while it runs.

    Args:
        function: A function written in the subset of Python that numba compiles.
        signature: A numba signature to compile for now; without one, the first call decides.
        cache: Whether the machine code is kept on disk. Only for functions whose source is part of vmenv.
    """
    _register_waiting()
    arguments = () if signature is None else (signature,)
    with _our_settings():
        return numba_module().njit(*arguments, nogil=True, cache=cache, **_OPTIONS)(function)


def bind(function: Callable[..., int], arguments: tuple[Any, ...]) -> Bound:
    """Returns the compiled `function(*arguments, first, past)` as a function of `first` and `past` alone.

    numba takes some ten microseconds to unpack a tuple of arrays at every call. Here they are unpacked once: what the machine code sees
    of them is kept in a buffer, and a call hands over its address. It releases the GIL.

    Args:
        function: Takes the arguments and two integers, and returns an integer.
        arguments: Arrays, named tuples of arrays, and numbers.
    """
    from vmenv.jit.intrinsics import BUFFER_BYTES

    keep, call = _trampolines(function, numba_module().typeof(arguments))
    buffer = np.zeros(BUFFER_BYTES // 8, np.int64)
    keep(buffer, arguments)
    return Bound(call, buffer, arguments)


class Bound:
    """Machine code with its arguments; `bind` makes it.

    Attributes:
        entry: Address of the code.
        address: Address of the arguments, its first argument.
    """

    def __init__(self, call: Callable[..., int], buffer: Any, arguments: Any) -> None:
        self._call, self._keeps_alive = call, (buffer, arguments)
        self.entry: int = ctypes.cast(cast(Any, call), ctypes.c_void_p).value or 0
        self.address: int = buffer.ctypes.data

    def __call__(self, first: int, past: int) -> int:
        """Runs it."""
        return self._call(self.address, first, past)


@functools.cache
def _trampolines(function: Callable[..., int], kind: Any) -> tuple[Callable[..., None], Callable[..., int]]:
    """Returns what writes arguments of this numba type into a buffer, and what calls `function` with those found at an address."""
    from vmenv.jit import intrinsics as native

    numba, tag = numba_module(), native.tag_of(kind)
    types, untyped = numba.types, cast(Any, native)
    jittable(function)

    def keep(buffer: Any, arguments: Any) -> None:
        untyped.write(buffer, arguments)

    def call(address: int, first: int, past: int) -> int:
        return function(*untyped.read(address, tag), first, past)

    for trampoline in (keep, call):
        name_apart(trampoline, f"{function.__module__}.{function.__qualname__}.{tag:08x}")
    with _our_settings():
        _register_waiting()
        written = numba.njit(types.void(types.int64[::1], kind), cache=True, **_OPTIONS)(keep)
        entry = numba.cfunc(types.int64(types.uintp, types.int64, types.int64), cache=True, **_OPTIONS)(call)
    return written, entry.ctypes


def _register_waiting() -> None:
    from numba.extending import register_jitable

    from vmenv.jit.linking import InnerCompiler, OwnCompiler

    inner = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True, **_OPTIONS}
    for function in take_waiting():
        register_jitable(pipeline_class=OwnCompiler if is_ours(function) else InnerCompiler, **inner)(function)


@contextlib.contextmanager
def _our_settings() -> Iterator[None]:
    """Sets what numba looks at while a compiled function is made: where its code is kept, and how hard LLVM tries.

    At LLVM's third level a loop is copied for either value of each condition that stays the same in it. The loop of a rollout, with all
    that is inlined into it, becomes three times as long by that and no faster.
    """
    folder, config = cache_folder(), numba_module().config
    before = config.CACHE_DIR, config.OPT
    config.CACHE_DIR, config.OPT = str(folder), min(config.OPT, type(config.OPT)(2))
    try:
        yield
    finally:
        config.CACHE_DIR, config.OPT = before


def is_ours(function: Callable[..., Any]) -> bool:
    """Returns whether the function's source is among those that name the cache, so that its compiled code may be kept on disk."""
    file, package = Path(function.__code__.co_filename), Path(__file__).parent.parent
    return any(file.is_relative_to(package / source) for source in _SOURCES)


@functools.cache
def cache_folder() -> Path:
    """Returns the folder of the code compiled from exactly these sources; a temporary one if the usual cannot be written to."""
    versions = f"{code_digest()} {numba_module().__version__} {sys.version}"
    name = f"code-{hashlib.sha256(versions.encode()).hexdigest()[:16]}"
    root = cache_root()
    try:
        new = hold(root / name)
        if not os.access(root / name, os.W_OK):
            raise PermissionError(root / name)
    except OSError:
        usual, root, new = root, Path(tempfile.mkdtemp(prefix="vmenv-")), True
        hold(root / name)
        print(f"vmenv: {usual} cannot be written to, compiled code goes to {root}: set VMENV_CACHE_DIR to keep it", file=sys.stderr)
    if new:
        print("vmenv: compiling the simulator, once for this version (about 20 s)", file=sys.stderr, flush=True)
        drop_all_but(_KEEP_CACHES, root)
    return root / name


def code_digest() -> str:
    """Returns a digest of the sources that decide what a run does: two versions of vmenv with the same one give the same numbers."""
    digest = hashlib.sha256()
    package = Path(__file__).parent.parent
    for source in _SOURCES:
        path = package / source
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@functools.cache
def numba_module() -> Any:
    """Returns numba, imported at the first call."""
    import numba

    from vmenv.jit.pinning import teach
    from vmenv.jit.simd_types import teach_fours

    teach(pinned, lend)
    teach_fours()
    return numba


def pinned(value: T) -> T:
    """Returns a named tuple of arrays; compiled code keeps it in one place until the caller returns, and hands on its address.

    A run's state is 21 arrays, more than a hundred words. Handed on as they are, they are taken apart and put together at each of some
    three hundred calls, which is nothing to the machine, where all calls are inlined, but much to the compiler.
    """
    return value


def with_sizes(**sizes: tuple[int, ...]) -> Callable[[type[T]], type[T]]:
    """Marks a class of named tuples: the last axes of these fields always have these sizes.

    Where such a tuple is `pinned`, compiled code takes them for constants: to find a row is then a shift, and no multiplication.
    """

    def mark(named_tuple: type[T]) -> type[T]:
        named_tuple.SIZES = sizes  # type: ignore[attr-defined]  # a named tuple cannot declare what is no field
        return named_tuple

    return mark


def lend(value: Any) -> Any:
    """Returns what a function that is handed over takes for a `pinned` value: interpreted, the value itself; compiled, an address.

    A call through a function pointer would copy all its words: a third of the time of a decision. The address is good until the function
    that lends returns.
    """
    return value


def borrow(function: Callable[..., Any], value: Any, name: str) -> Callable[..., Any]:
    """Returns function(value, ...) as a function of what `lend` makes of a value like `value`, to be compiled.

    Args:
        function: A jittable function.
        value: One of the same type.
        name: Tells it apart from others.
    """
    from vmenv.jit import intrinsics as native
    from vmenv.jit import pinning

    tag, untyped = native.tag_of(numba_module().typeof(value)), cast(Any, pinning)

    def borrowing(address: int, params: Any, flag: bool) -> Any:
        return function(untyped.borrowed(address, tag), params, flag)

    name_apart(borrowing, f"{name}.{tag:08x}")
    return borrowing
