"""README is a screen of what and how, with the two commands that set all up, and leads on. Its blocks: tests/docs/test_blocks.py."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import BLOCK, ROOT, commands, python_blocks, written_pages

README = ROOT / "README.md"
PAGES = [*written_pages(), *sorted((ROOT / "experiments").rglob("*.md"))]
MADE = re.compile(r"^(\.\./)+(environments|reference|results|notebooks|project)/|^(environments|reference|results|notebooks|project)/")


def test_it_begins_with_the_two_commands() -> None:
    first = next(block for block in BLOCK.finditer(README.read_text()))
    assert [words[:2] for words in commands(README)[:2]] == [["make", "leaderboard"], ["make", "test"]]
    assert first[1] == "sh"


def test_it_is_short_and_shows_a_schedule_an_environment_and_a_scheduler() -> None:
    assert len(README.read_text().splitlines()) < 150
    sources = [block.source for block in python_blocks(README)]
    for word in ("vmenv.simulate(", "gymnasium.make(", "vmenv.Scheduler"):
        assert any(word in source for source in sources)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_link_what_is_there(page: Path) -> None:
    """Those of the site that lead to pages that are made, Sphinx checks."""
    text = BLOCK.sub("", page.read_text())
    for link in re.findall(r"\]\((?!http)([^)#]+)(?:#[^)]*)?\)", text):
        assert (page.parent / link).exists() or ("docs" in page.parts and MADE.match(link)), link


def test_commands_that_pages_name_in_passing_are_there() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for page in written_pages() for target in re.findall(r"`make ([\w-]+)`", page.read_text())}
    assert {"verify", "soak", "mutants", "bench", "docs"} <= named <= targets
