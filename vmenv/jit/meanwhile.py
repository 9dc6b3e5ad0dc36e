"""Nobody waits for the compiler who needs one run: it is plain Python until another process has compiled what it needs.

Either mode gives the same results, and machine code works on the same arrays, so that it can take over between any two calls. The other
process compiles into the folder that all keep code in, and ends with this one: its standard input closes then.
"""

from __future__ import annotations

import atexit
import functools
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

from vmenv.jit.compile import bind, bind_kept
from vmenv.jit.keeping import NotKept, keeps, say_once

Call = Callable[[int, int], int]

_CHILD = """
import sys
sys.path[:] = {path!r}
from vmenv.jit.meanwhile import end_with_parent
end_with_parent()
{recipe}
"""


def bind_soon(recipe: str, function: Callable[..., int], arguments: tuple[Any, ...]) -> Call:
    """Returns what `vmenv.jit.compile.bind` does if that is kept, else a `Meanwhile`.

    Args:
        recipe: Python source that has the same compiled, whatever the values of the arguments are.
        function: See `bind`.
        arguments: See `bind`.
    """
    if not keeps():
        return bind(function, arguments)
    try:
        return bind_kept(function, arguments)
    except NotKept:
        pass
    helper = _helper(recipe)
    return bind(function, arguments) if helper is None else Meanwhile(helper, function, arguments)


class Meanwhile:
    """A function that is plain Python at first, and machine code once the helper has ended.

    Args:
        helper: The process that compiles. If it fails this one compiles, and says what is wrong.
        function: See `bind`.
        arguments: See `bind`.
    """

    def __init__(self, helper: subprocess.Popen[bytes], function: Callable[..., int], arguments: tuple[Any, ...]) -> None:
        self._helper, self._function, self._arguments = helper, function, arguments
        self._machine: Call | None = None

    @property
    def is_compiled(self) -> bool:
        """Whether the next call runs machine code."""
        return self._machine is not None or self._helper.poll() is not None

    def __call__(self, first: int, past: int) -> int:
        """Runs it."""
        if self._machine is None:
            if self._helper.poll() is None:
                return self._function(*self._arguments, first, past)
            self._machine = bind(self._function, self._arguments)
        return self._machine(first, past)


@functools.cache
def _helper(recipe: str) -> subprocess.Popen[bytes] | None:
    """Returns the process that carries out a recipe, begun at the first call; None if there can be none."""
    if not sys.executable:
        return None
    command = [sys.executable, "-c", _CHILD.format(path=sys.path, recipe=recipe)]
    try:
        # Out of the terminal's group: Ctrl-C is for this process, whose end is the helper's.
        helper = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
    except OSError:
        return None
    atexit.register(_end, helper)
    say_once("another process is compiling the simulator, once for this version (about 20 s); steps are slower until then")
    return helper


def _end(helper: subprocess.Popen[bytes]) -> None:
    """Ends the helper, whose locks go with it: what it had not compiled by now is compiled the next time."""
    helper.kill()
    helper.communicate()


def end_with_parent() -> None:
    """Ends this process when its standard input closes, which it does however the parent ends."""

    def watch() -> None:
        sys.stdin.buffer.read()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
