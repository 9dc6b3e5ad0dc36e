"""What pages about real guests have in common."""

from __future__ import annotations

from pathlib import Path

import pytest

from vmenv.errors import SpecError
from vmenv.live.pages import ranking, spread, write_page


def test_spread() -> None:
    assert spread([3.0, 1.0, 2.0], "{:.1f}") == "2.0 [1.0, 3.0]"
    assert spread([1.01, 0.99, 1.0]) == "1", "what rounds to the same is the same"


def test_ranking() -> None:
    """Who ties in what is predicted may come in any order."""
    predicted = {"a": 1.0, "b": 1.0, "c": 2.0}
    assert ranking({"a": 1.2, "b": 1.1, "c": 1.3}, predicted) == "b, a, c; as predicted."
    assert ranking({"a": 1.2, "b": 1.1}, {"a": 1.0, "b": 1.0}) == "b, a; predicted is that all are alike."
    assert ranking({"a": 1.4, "b": 1.1, "c": 1.3}, predicted) == "b, c, a; predicted the other way round: a and c."


def test_file(tmp_path: Path) -> None:
    assert write_page(tmp_path / "new", "page.md", "# Page\n").read_text() == "# Page\n"
    (tmp_path / "file").write_text("")
    with pytest.raises(SpecError, match="give a folder where it can"):
        write_page(tmp_path / "file", "page.md", "")
