"""Which source files a compiled function comes from: its own, those of the functions inside it, and all that these import.

They name its code in the cache. numba itself looks only at the file of the outermost function, so that it would go on using code
compiled from an older version of what that function calls; and one name for all sources would have everything compiled anew whenever
anything changes.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

PACKAGE = Path(__file__).parent.parent
_began_s = time.time()


def functions_in(function: Callable[..., Any]) -> list[Callable[..., Any]]:
    """Returns the function and those that it closes over, and so on: a scheduler's key is inside the loop that is made for it."""
    found: list[Callable[..., Any]] = [function]
    for each in found:
        cells = [cell.cell_contents for cell in each.__closure__ or ()]
        found += [inner for inner in cells if isinstance(inner, FunctionType) and inner not in found]
    return found


def is_ours(function: Callable[..., Any]) -> bool:
    """Returns whether the function is vmenv's own, so that its sources can be told and its machine code may be kept on disk."""
    return Path(function.__code__.co_filename).is_relative_to(PACKAGE)


def digest_of(function: Callable[..., Any]) -> str | None:
    """Returns a digest of all sources that a function comes from.

    None if they cannot be told: some of it is not vmenv's own, or was changed after this process began, which may run what it was before.
    """
    inside = functions_in(function)
    if not all(map(is_ours, inside)):
        return None
    files = reached_from(Path(inner.__code__.co_filename) for inner in inside)
    return None if any(file.stat().st_mtime > _began_s for file in files) else _digest(files)


def code_digest() -> str:
    """Returns a digest of the sources that decide what a run does: two versions of vmenv with the same one give the same numbers."""
    return _digest(deciding())[:16]


def deciding() -> set[Path]:
    """Returns all files beside one that uses the compiler (a scheduler need not, and is compiled too), and what they import."""
    compiler = set(Path(__file__).parent.glob("*.py")) - {Path(__file__)}  # who asks for digests only compiles nothing
    folders = {file.parent for file in PACKAGE.rglob("*.py") if _imports(file) & compiler} - {PACKAGE}
    return reached_from(file for folder in folders for file in folder.glob("*.py"))


def reached_from(files: Iterable[Path]) -> set[Path]:
    """Returns these files of the package and all others of it that they import, directly or not."""
    reached, ahead = set[Path](), list(files)
    while ahead:
        file = ahead.pop()
        if file not in reached:
            reached.add(file)
            ahead += _imports(file)
    return reached


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"{file.relative_to(PACKAGE).as_posix()} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


@functools.cache
def _imports(file: Path) -> frozenset[Path]:
    """Returns the files of the package that a file imports, anywhere in it but for the eyes of type checkers."""
    found = set()
    for statement in _statements(ast.parse(file.read_bytes())):
        if isinstance(statement, ast.Import):
            found |= {_file_of(alias.name) for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom):
            above = ["", *file.relative_to(PACKAGE.parent).parts[: -statement.level]] if statement.level else []
            module = ".".join([*above[1:], *([statement.module] if statement.module else [])])
            found |= {_file_of(f"{module}.{alias.name}") or _file_of(module) for alias in statement.names}
    return frozenset(path for path in found if path is not None)


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Walks all statements, but not what stands under `if TYPE_CHECKING:`, and no expressions, which import nothing."""
    ahead = [tree]
    while ahead:
        here = ahead.pop()
        yield here
        if isinstance(here, ast.If) and isinstance(here.test, ast.Name) and here.test.id == "TYPE_CHECKING":
            ahead += here.orelse
        else:
            ahead += [child for child in ast.iter_child_nodes(here) if isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case))]


def _file_of(module: str) -> Path | None:
    """Returns the file of a module of the package by its dotted name; None if there is none of that name."""
    first, *rest = module.split(".")
    if first != PACKAGE.name:
        return None
    path = PACKAGE.joinpath(*rest)
    candidates = (path.with_suffix(".py"), path / "__init__.py") if rest else (path / "__init__.py",)
    return next((file for file in candidates if file.is_file()), None)
