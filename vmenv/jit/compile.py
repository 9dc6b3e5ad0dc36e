"""One source, two modes: plain Python functions that numba compiles when asked to.

`compiled(f)` returns the machine-code version of `f` and of all it calls. numba is imported at the first such call and not before.

What makes vmenv fast to compile and to call stands on numba's insides (`vmenv.jit.fast`), which may change with any version. They are tried
once, and where they fail plain numba takes their place (`vmenv.jit.plain`): the same results, slower to compile.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from vmenv.errors import SpecError
from vmenv.jit.keeping import compile_only, obtain, only_kept
from vmenv.jit.marking import take_waiting
from vmenv.jit.sources import digest_of, functions_in
from vmenv.jit.tools import Tools

Decorator = Callable[[Callable[..., Any]], Any]
_one_at_a_time = threading.RLock()  # what numba looks at while it compiles is the same for all threads


@functools.cache
def numba_module() -> Any:
    """Returns numba, imported at the first call."""
    import numba

    return numba


def tools() -> Tools:
    """Returns the fast way to compile if it works with this numba, else the plain one."""
    with _one_at_a_time:
        return _tools()


@functools.cache
def _tools() -> Tools:
    try:
        from vmenv.jit import fast, trial

        trial.try_out(fast.Fast(), build)
        found: Tools = fast.Fast()
    except Exception as error:  # whatever another version of numba may do
        from vmenv.jit import plain

        warnings.warn(
            f"numba {numba_module().__version__} has changed where vmenv looks inside it ({type(error).__name__}: {error}): results "
            "are the same, but compiling takes longer. vmenv's pyproject.toml names the versions that were tried",
            RuntimeWarning,
            stacklevel=4,
        )
        found = plain.Plain()
    found.teach()
    return found


def can_draw() -> bool:
    """Returns whether compiled code can make generators. Where it cannot, episodes are drawn interpreted: the same ones, more slowly."""
    with _one_at_a_time:
        return _can_draw()


@functools.cache
def _can_draw() -> bool:
    ways = tools()
    if not ways.draws:
        return False
    try:
        from vmenv.jit import trial

        trial.try_out_drawing(ways, build)
    except Exception as error:  # as above
        warnings.warn(
            f"numba {numba_module().__version__} has changed where vmenv looks inside it ({type(error).__name__}: {error}): episodes "
            "are the same, but drawing them takes longer",
            RuntimeWarning,
            stacklevel=4,
        )
        return False
    return True


def compiled(function: Callable[..., Any], signature: Any = None, cache: bool = True, about: str = "") -> Any:
    """Returns the compiled version of `function`, which releases the GIL while it runs.

    Args:
        function: A function written in the subset of Python that numba compiles.
        signature: A numba signature; without one, the types of the arguments of the first call, for all others too.
        cache: Whether the machine code is kept on disk, if all of it is vmenv's own.
        about: What it is, for messages.
    """
    if signature is None:
        return _AsFirstCalled(function, cache)
    with _one_at_a_time:
        register_waiting(tools())
        return build(tools(), function, signature, _njit(tools(), signature), cache, about)


class _AsFirstCalled:
    """Compiles for the types of the arguments of the first call."""

    def __init__(self, function: Callable[..., Any], cache: bool) -> None:
        self._make = lambda signature: compiled(function, signature, cache)
        self._machine: Callable[..., Any] | None = None

    def __call__(self, *arguments: Any) -> Any:
        if self._machine is None:
            self._machine = self._make(tuple(map(numba_module().typeof, arguments)))
        return self._machine(*arguments)


def register_waiting(ways: Tools) -> None:
    """Makes all functions that were marked since the last time known to compiled code."""
    for function in take_waiting():
        ways.register(function)


def build(
    ways: Tools, function: Callable[..., Any], signature: Any, decorate: Callable[[bool], Decorator], cache: bool = True, about: str = ""
) -> Any:
    """Returns the machine code of one function, from the cache if it is there.

    Args:
        ways: How to compile.
        function: The function.
        signature: What it is compiled for.
        decorate: Returns numba's decorator; it is told whether numba is to keep the code.
        cache: See `compiled`.
        about: See `compiled`.
    """

    def make(folder: Path | None) -> Any:
        with _settings(ways, folder):
            try:
                return decorate(folder is not None)(function)
            except numba_module().core.errors.NumbaError as error:
                raise SpecError(f"{about} cannot be compiled: {_cause(error)}; interpreted=True shows it as Python does") from None

    with _one_at_a_time:
        about = about or _name(functions_in(function)[-1])
        sources = digest_of(function) if cache and hasattr(numba_module().config, "CACHE_DIR") else None
        if sources is None:
            return compile_only(about, make)
        what = f"{sources} {_versions()} {ways.name} {_name(function)} {signature}"
        return obtain(hashlib.sha256(what.encode()).hexdigest()[:16], about, make)


_TELLING = ("Unknown attribute", "NameError", "Untyped global", "Use of unsupported", "Invalid use", "No implementation")


def _cause(error: Exception) -> str:
    """Returns the line of numba's message, which has hundreds, that says most of what is wrong."""
    lines = [line.strip().rstrip(":") for line in str(error).splitlines() if line.strip()]
    telling = [line for words in _TELLING for line in lines if words in line]
    return (telling or lines or [type(error).__name__])[0].partition(" of type Pinned")[0]


def _njit(ways: Tools, signature: Any) -> Callable[[bool], Decorator]:
    return lambda cache: numba_module().njit(signature, nogil=True, cache=cache, **ways.options)


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"


@functools.cache
def _versions() -> str:
    import llvmlite

    return f"{numba_module().__version__} {llvmlite.__version__} {sys.version}"


@contextlib.contextmanager
def _settings(ways: Tools, folder: Path | None) -> Iterator[None]:
    """Sets what numba looks at while a compiled function is made: where its code is kept, and how hard LLVM tries."""
    config, values = numba_module().config, {}
    if folder is not None:
        values["CACHE_DIR"] = str(folder)
    if ways.optimisation is not None:
        values["OPT"] = min(config.OPT, type(config.OPT)(ways.optimisation))
    before = {name: getattr(config, name) for name in values}
    vars(config).update(values)
    try:
        yield
    finally:
        vars(config).update(before)


def bind(function: Callable[..., int], arguments: tuple[Any, ...]) -> Callable[[int, int], int]:
    """Returns the compiled `function(*arguments, first, past)` as a function of `first` and `past` alone. It releases the GIL.

    Args:
        function: Takes the arguments and two integers, and returns an integer.
        arguments: Arrays, named tuples of arrays, and numbers.
    """
    with _one_at_a_time:
        register_waiting(tools())
        return tools().bind(function, arguments, build)


def bind_kept(function: Callable[..., int], arguments: tuple[Any, ...]) -> Callable[[int, int], int]:
    """Returns what `bind` does.

    Raises:
        NotKept: It would have to be compiled.
    """
    with _one_at_a_time:
        ways = tools()  # what has to be tried out first is compiled
        register_waiting(ways)
        with only_kept():
            return ways.bind(function, arguments, build)


def lent(value: Any) -> Any:
    """Returns the numba type of lend(value) in compiled code, for signatures of functions that are handed over."""
    return tools().lent(numba_module().typeof(value))


def borrow(function: Callable[..., Any], value: Any, name: str) -> Callable[..., Any]:
    """Returns function(value, ...) as a function of what `lend` makes of a value like `value`, to be compiled.

    Args:
        function: A jittable function.
        value: One of the same type.
        name: Tells it apart from others.
    """
    return tools().borrow(function, numba_module().typeof(value), name)
