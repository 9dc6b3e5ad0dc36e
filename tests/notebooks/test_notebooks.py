"""Every notebook runs from top to bottom without an error or a warning on its error stream, shows its pictures, and says what it said.

What is committed with a notebook is what comes out of it: a cell whose output varies (it trains, or draws a sample) has the tag "varies".
One that cannot run on every machine has the tag "machine": where it cannot it says "not here: " and why.
`python -m tests.notebooks.test_notebooks` runs all of them and writes what comes out; names of notebooks choose some.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
# What trainings ask for, and less of it: what depends on it is tagged "varies", and that they run and are drawn is seen just as well.
SHORTENED = {
    "agent.decisions=80000": "agent.decisions=20000",
    "eval_every=20000": "eval_every=5000",
    "decisions=4000000": "decisions=600000",
}
DRAWN = ("draw_gantt(", "matplotlib_classes()[0](")


def executed(path: Path, replaced: Mapping[str, str] = {}) -> Any:
    """Returns a notebook with what comes out of it."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        for text, other in replaced.items():
            cell.source = cell.source.replace(text, other)
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}).execute()
    return notebook


def renew(path: Path) -> None:
    """Writes a notebook with what comes out of it, without what differs each time."""
    notebook = executed(path)
    notebook.metadata.pop("language_info", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    nbformat.write(notebook, path)


def printed(cell: Any) -> str:
    """Returns what a cell writes as text, without what compiling says."""
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", [])]
    pictures = [output for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
    return "".join(text for text in texts if "vmenv: compil" not in text) if not pictures else ""


# ipykernel and jupyter_client announce changes of their own, which a notebook cannot help.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::RuntimeWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebook_runs_and_says_what_it_said(path: Path) -> None:
    notebook, committed = executed(path, SHORTENED), nbformat.read(path, as_version=4)
    for cell, before in zip(notebook.cells, committed.cells, strict=True):
        outputs = cell.get("outputs", [])
        for output in outputs:
            assert output.get("name") != "stderr" or "vmenv: compil" in output["text"], output
        if cell.source.startswith(DRAWN) or any(f"\n{call}" in cell.source or f"= {call}" in cell.source for call in DRAWN):
            assert [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})], "a picture, not its name"
        tags = cell.metadata.get("tags", [])
        if "varies" not in tags and not ("machine" in tags and printed(cell).startswith("not here: ")):
            assert printed(cell) == printed(before)


def test_what_is_shortened_is_what_trainings_ask_for() -> None:
    text = (FOLDER / "03_train_and_compare.ipynb").read_text()
    assert [asked for asked in SHORTENED if asked not in text] == []


def test_outputs_are_committed() -> None:
    for path in FOLDER.glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        assert sum("image/png" in output.get("data", {}) for cell in cells for output in cell.get("outputs", [])) >= 2, path.name


if __name__ == "__main__":
    for file in sorted(FOLDER.glob("*.ipynb")):
        if file.stem in sys.argv[1:] or not sys.argv[1:]:
            renew(file)
