"""What is compiled is kept: a folder for each function, sealed when all is in it, so that what is damaged or foreign is made anew.

numba reads its files as pickles and machine code, and believes them. The seal, a digest of the files, is looked at before numba is.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from vmenv.jit.cache import alone, cache_root, drop_all_but, hold

T = TypeVar("T")
Build = Callable[[Path | None], T]  # compiles, or loads, with numba's files in this folder; None: without any

SEAL = "seal"


class NotKept(BaseException):
    """What was asked for is not kept, and was not to be compiled. No `Exception`: nobody is to take it for a failure of the compiler."""


MOST_FOLDERS = 400  # a version of vmenv with all its schedulers has about eighty
SLOW_S = 2.0
clock_s = time.perf_counter
_said: set[str] = set()
_tidied: set[Path] = set()
_useless: set[Path] = set()  # where something could not be kept
_only_kept = False  # whether nothing is to be compiled


def obtain(name: str, about: str, build: Build[T]) -> T:
    """Returns what `build` makes: loaded, if it is kept, else compiled and kept. Other processes that want the same wait meanwhile.

    Where nothing can be kept, that is said once, and everything is compiled for this process alone.

    Args:
        name: Of the folder: a digest of all that decides what is made.
        about: What is made, for messages.
        build: Makes it. It may be called twice.
    """
    root = cache_root()
    folder = root / f"code-{name}"
    if root in _useless:
        return compile_only(about, build)
    try:
        if _only_kept and not is_sealed(folder):
            raise NotKept(about)
        if hold(folder):
            _welcome(root)
        if not is_sealed(folder):
            with alone(folder):
                if not is_sealed(folder):  # another process may have been faster
                    return _compile_into(folder, about, build)
        return _load_from(folder, about, build)
    except OSError as error:
        _useless.add(root)
        say_once(f"compiled code is not kept, as {root} cannot be used ({error}): set VMENV_CACHE_DIR to a folder of your own")
        return compile_only(about, build)


@contextlib.contextmanager
def only_kept() -> Iterator[None]:
    """Has `obtain` raise NotKept where it would have to compile; for one thread at a time."""
    global _only_kept
    _only_kept = True
    try:
        yield
    finally:
        _only_kept = False


def keeps() -> bool:
    """Returns whether code is kept at all: nothing has failed so far, and the folder can be made."""
    root = cache_root()
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return False
    return root not in _useless and os.access(root, os.W_OK)


def compile_only(about: str, build: Build[T]) -> T:
    """Returns what `build` makes, which is not kept."""
    began_s = clock_s()
    made = build(None)
    _tell_if_slow(began_s, about, "not kept for the next time")
    return made


def is_sealed(folder: Path) -> bool:
    """Returns whether the folder holds what was sealed in it, to the last bit."""
    try:
        return (folder / SEAL).read_text() == _digest(folder)
    except (OSError, UnicodeDecodeError):
        return False


def say_once(message: str) -> None:
    """Tells the user, on stderr, unless this process has said so before."""
    if message not in _said:
        _said.add(message)
        print(f"vmenv: {message}", file=sys.stderr, flush=True)


def _load_from(folder: Path, about: str, build: Build[T]) -> T:
    began_s = clock_s()
    try:
        made = build(folder)
    except Exception:  # what pickles and machine code of another kind may raise; if it is no fault of theirs, it comes again
        with alone(folder):
            return _compile_into(folder, about, build)
    if not is_sealed(folder):  # numba had a reason to compile it after all: older ones take a file that was touched for a new one
        _seal(folder)
        _tell_if_slow(began_s, about, f"kept for the next time in {folder.parent}")
    return made


def _compile_into(folder: Path, about: str, build: Build[T]) -> T:
    for file in [*_files(folder), folder / SEAL]:
        file.unlink(missing_ok=True)
    began_s = clock_s()
    made = build(folder)
    _seal(folder)
    _tell_if_slow(began_s, about, f"kept for the next time in {folder.parent}")
    return made


def _tell_if_slow(began_s: float, about: str, kept: str) -> None:
    took_s = clock_s() - began_s
    if took_s > SLOW_S:
        print(f"vmenv: compiled {about} in {took_s:.1f} s; {kept}", file=sys.stderr, flush=True)


def _welcome(root: Path) -> None:
    """Sees once to what is there beside a new folder: announces the wait if nothing is, removes what has not been used for long."""
    if root in _tidied:
        return
    _tidied.add(root)
    if sum(1 for _ in root.iterdir()) == 1:
        say_once("compiling the simulator, once for this version (about 20 s)")
    drop_all_but(MOST_FOLDERS, root)


def _files(folder: Path) -> list[Path]:
    """Returns numba's files: an index and what it leads to."""
    return sorted(file for file in folder.glob("*/*") if file.suffix in (".nbi", ".nbc"))


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in _files(folder):
        digest.update(f"{file.relative_to(folder).as_posix()} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _seal(folder: Path) -> None:
    """Writes the seal, whole or not at all."""
    if not _files(folder):  # numba has its own reasons not to keep something
        return
    new = folder / f"{SEAL}.{os.getpid()}"
    try:
        new.write_text(_digest(folder))
        new.replace(folder / SEAL)
    finally:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
