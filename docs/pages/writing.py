"""Writing pages: only what has changed, so that Sphinx reads no more than that again; and Markdown from names and docstrings."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from vmenv.leaderboard.board import markdown

ROOT = Path(__file__).parents[2]


class Pages:
    """The pages of one build.

    Args:
        folder: Of the site's sources.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: set[Path] = set()

    def write(self, name: str, content: str | bytes) -> None:
        """Writes a file such as "reference/metrics.md", if it is not there with this content."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        if not path.is_file() or path.read_bytes() != data:
            path.write_bytes(data)
        self._written.add(path)

    def has(self, name: str) -> bool:
        """Returns whether a file was written in this build."""
        return self._folder / name in self._written

    def remove_others(self, folders: Iterable[str]) -> None:
        """Removes files in these folders that this build has not written."""
        for folder in folders:
            for path in (self._folder / folder).rglob("*"):
                if path.is_file() and path not in self._written:
                    path.unlink()


def toctree(names: Sequence[str], *, hidden: bool = False) -> str:
    """Returns a table of contents of the pages with these names."""
    return "\n".join(["```{toctree}", ":hidden:" if hidden else ":maxdepth: 1", "", *names, "```", ""])


def table(cells: Sequence[Sequence[str]]) -> str:
    """Returns cells as a Markdown table of texts, the headings first."""
    return markdown([[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in cells], num_texts=len(cells[0]))


def code(thing: object) -> str:
    """Returns something as it stands in code."""
    return f"`{thing!r}`"


def header(thing: Any) -> list[str]:
    """Returns the paragraphs of the docstring of the module in which a class or function stands."""
    return (inspect.getdoc(sys.modules[thing.__module__]) or "").split("\n\n")


def text_of(thing: Any) -> str:
    """Returns the docstring of a class or function without its sections, such as "Args:"."""
    return re.split(r"\n\n(?=(?:Args|Returns|Raises|Attributes):\n)", inspect.getdoc(thing) or "")[0]


def arguments(cls: type) -> dict[str, str]:
    """Returns what the docstrings of a class and its bases say of their arguments, by name; the class itself has the last word."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        section = re.search(r"^Args:\n((?:(?:    .*)?\n?)*)", inspect.cleandoc(base.__dict__.get("__doc__") or ""), re.MULTILINE)
        for name, text in re.findall(r"^    (\w+): ((?:.|\n(?!    \w+: |\n|\S))*)", section[1] if section else "", re.MULTILINE):
            found[name] = " ".join(text.split())
    return found
