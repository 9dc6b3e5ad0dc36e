"""What a mutant is, and how it is put into a copy of the tree."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from vmenv.errors import SpecError

COPIED = ("vmenv", "agents", "experiments", "tests", "pyproject.toml")


@dataclass(frozen=True)
class Mutant:
    """A change of one place.

    Attributes:
        file: Path from the root of the checkout.
        old: What stands there; it must occur once in the file.
        new: What stands there in the mutant.
        breaks: What is wrong then, in a few words.
    """

    file: str
    old: str
    new: str
    breaks: str

    def change(self, text: str) -> str:
        """Returns the file's text with the change.

        Raises:
            SpecError: The old text does not occur exactly once, nothing is changed, or the result is no Python.
        """
        found = text.count(self.old)
        if found != 1:
            raise SpecError(f"mutant {self.breaks!r}: {self.old!r} occurs {found} times in {self.file}: give text that occurs once")
        if self.old == self.new:
            raise SpecError(f"mutant {self.breaks!r} changes nothing in {self.file}: give another new text")
        changed = text.replace(self.old, self.new)
        try:
            compile(changed, self.file, "exec")
        except SyntaxError as error:
            raise SpecError(f"mutant {self.breaks!r} makes {self.file} no Python ({error}): correct the new text") from error
        return changed

    def line(self, root: Path) -> int:
        """Returns the line of the first thing that is changed."""
        text = (root / self.file).read_text()
        place = text.index(self.old)
        changed = next((k for k, (one, other) in enumerate(zip(self.old, self.new, strict=False)) if one != other), len(self.new))
        return text.count("\n", 0, place + min(changed, len(self.old) - 1)) + 1

    def write(self, root: Path, copy: Path) -> None:
        """Puts the change into a copy of the tree at `root`, all other files being what they are there."""
        (copy / self.file).write_text(self.change((root / self.file).read_text()))


def copy_tree(root: Path, copy: Path) -> None:
    """Copies what the tests need."""
    leave_out = shutil.ignore_patterns("__pycache__", "results")
    for name in COPIED:
        if (root / name).is_dir():
            shutil.copytree(root / name, copy / name, ignore=leave_out)
        else:
            shutil.copy(root / name, copy / name)
