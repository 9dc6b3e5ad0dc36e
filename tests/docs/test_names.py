"""What the text of the package and of the pages names in full, such as `vmenv.episodes.seeds`, is there."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, written_pages

NAME = re.compile(r"`((?:vmenv|agents)(?:\.\w+)+)(?:\([^`]*\))?`")
FOLDERS = sorted({path.parent for path in (ROOT / "vmenv").rglob("*.py")})


def is_there(name: str) -> bool:
    """Returns whether a module, or something in one, has this name."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for part in parts[length:]:
            annotated = part in getattr(thing, "__annotations__", {})
            if not hasattr(thing, part) and not annotated:
                return False
            thing = getattr(thing, part, None)
        return True
    return False


def test_a_name_that_is_not_there_is_seen() -> None:
    assert is_there("vmenv.episodes.seeds")
    assert is_there("vmenv.Host")
    assert is_there("vmenv.host.spec.Host.quantum_us")
    assert not is_there("vmenv.episodes.seds")
    assert not is_there("vmenv.Hosts")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_names_in_the_source_are_there(folder: Path) -> None:
    named = {name for path in folder.glob("*.py") for name in NAME.findall(path.read_text())}
    assert sorted(name for name in named if not is_there(name)) == []


@pytest.mark.parametrize("page", written_pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_names_on_pages_are_there(page: Path) -> None:
    assert sorted(name for name in set(NAME.findall(page.read_text())) if not is_there(name)) == []
