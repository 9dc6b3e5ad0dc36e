"""One source, two modes: plain Python functions that numba compiles when asked to.

A function marked `@jittable` stays an ordinary Python function, and that is the interpreted mode. `compiled(f)` returns the
machine-code version of `f` and of all it calls. numba is imported at the first such call and not before.

Compiled code is cached on disk under a digest of the sources it comes from: numba itself looks only at the file of the outermost
function, so it would go on using code compiled from an older version of what that function calls.
"""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_SOURCES = ("host", "schedulers", "jit.py", "engine.py", "observation.py", "batch.py")
_KEEP_CACHES = 4
_waiting: list[Callable[..., Any]] = []


def jittable(function: F) -> F:
    """Marks a function that compiled code may call. The function itself is returned unchanged."""
    _waiting.append(function)
    return function


def compiled(function: Callable[..., Any], signature: Any = None, cache: bool = True) -> Any:
    """Returns the compiled version of `function`, which releases the GIL while it runs.

    Args:
        function: A function written in the subset of Python that numba compiles.
        signature: A numba signature to compile for now; without one, the first call decides.
        cache: Whether the machine code is kept on disk. Only for functions whose source is part of vmenv.
    """
    numba = numba_module()
    from numba.extending import register_jitable

    while _waiting:
        register_jitable(forceinline=True, _nrt=False)(_waiting.pop())
    arguments = () if signature is None else (signature,)
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(cache_folder())  # read while the dispatcher is made, and only then
    try:
        return numba.njit(*arguments, nogil=True, _nrt=False, cache=cache)(function)
    finally:
        numba.config.CACHE_DIR = before


def is_ours(function: Callable[..., Any]) -> bool:
    """Returns whether the function's source is part of vmenv, so that its compiled code may be kept on disk."""
    return Path(function.__code__.co_filename).is_relative_to(Path(__file__).parent)


@functools.cache
def cache_folder() -> Path:
    """Returns the folder of the compiled code for exactly these sources and this numba."""
    root = Path(os.environ.get("VMENV_CACHE_DIR") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vmenv")
    folder = root / _source_digest()
    if not folder.exists():
        print("vmenv: compiling the simulator, once for this version (about 20 s)", file=sys.stderr, flush=True)
        _drop_old_caches(root)
    return folder


def _source_digest() -> str:
    digest = hashlib.sha256(f"{numba_module().__version__} {sys.version}".encode())
    package = Path(__file__).parent
    for source in _SOURCES:
        path = package / source
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _drop_old_caches(root: Path) -> None:
    if root.is_dir():
        folders = sorted((f for f in root.iterdir() if f.is_dir()), key=lambda f: f.stat().st_mtime, reverse=True)
        for folder in folders[_KEEP_CACHES - 1 :]:
            shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def numba_module() -> Any:
    """Returns numba, imported at the first call."""
    import numba

    return numba
