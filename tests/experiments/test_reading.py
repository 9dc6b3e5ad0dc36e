"""The bar that is shown while files are read."""

from __future__ import annotations

import io
from pathlib import Path

import vmenv
from experiments.reading import prepare
from tests.conftest import write_trace


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_is_shown_in_a_terminal_only(tmp_path: Path) -> None:
    scenario = vmenv.make_scenario("replay", path=str(write_trace(tmp_path)))
    terminal, pipe = Terminal(), io.StringIO()
    prepare(scenario, terminal)
    prepare(scenario, pipe)
    assert "reading" in terminal.getvalue()
    assert pipe.getvalue() == ""
