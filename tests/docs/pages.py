"""The pages that people write, and what stands in their blocks: Python with what it prints, and commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

from docs.pages import FOLDERS

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\S+)[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def written_pages() -> list[Path]:
    """Returns README and the pages of the site that no program makes."""
    site = ROOT / "docs"
    made = {site / folder for folder in (*FOLDERS, "build")}
    return [ROOT / "README.md", *(page for page in sorted(site.rglob("*.md")) if not made & set(page.parents))]


class Block(NamedTuple):
    """A block of Python. `prints` is the block of text that follows it at once, in which "..." stands for anything; None: there is none."""

    name: str
    source: str
    prints: str | None

    def printed(self, text: str) -> bool:
        """Returns whether the text is what the page says."""
        if self.prints is None:
            return True
        pattern = ".*?".join(re.escape(part) for part in self.prints.rstrip().split("..."))
        return re.fullmatch(pattern, text.rstrip(), re.DOTALL) is not None


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT).with_suffix("")).replace("/", "_")


def python_blocks(page: Path) -> list[Block]:
    """Returns the blocks of Python of a page, in order."""
    text = page.read_text()
    found = list(BLOCK.finditer(text))
    blocks = []
    for place, block in enumerate(found):
        if block[1] == "python":
            after = found[place + 1] if place + 1 < len(found) else None
            follows = after is not None and after[1] == "text" and not text[block.end() : after.start()].strip()
            blocks.append(Block(f"{name_of(page)}_{len(blocks)}", block[2], after[2] if after is not None and follows else None))
    return blocks


def commands(page: Path) -> list[list[str]]:
    """Returns the commands of all shell blocks of a page, as words without comments."""
    lines = [line for block in BLOCK.finditer(page.read_text()) if block[1] == "sh" for line in block[2].replace("\\\n", " ").splitlines()]
    return [words for line in lines if (words := shlex.split(line, comments=True))]
