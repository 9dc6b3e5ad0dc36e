"""All mutants, and which tests judge those of a file."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence

from experiments.mutants import tables
from experiments.mutants.mutant import Mutant
from experiments.mutants.part import Part

PARTS: dict[str, Part] = {
    found.name: importlib.import_module(f"{tables.__name__}.{found.name}").PART for found in pkgutil.iter_modules(tables.__path__)
}
MUTANTS = tuple(Mutant(file, old, new, breaks) for part in PARTS.values() for file, rows in part.rows.items() for breaks, old, new in rows)


def part_of(file: str) -> str:
    """Returns the name of the part that a file belongs to."""
    return next(name for name, part in PARTS.items() if file in part.rows)


def part_for(file: str) -> Part:
    """Returns that part."""
    return PARTS[part_of(file)]


def named_by(words: Sequence[str]) -> list[Mutant]:
    """Returns the mutants in whose part, file or fault all the words stand."""
    return [mutant for mutant in MUTANTS if all(word in f"{part_of(mutant.file)} {mutant.file} {mutant.breaks}" for word in words)]
