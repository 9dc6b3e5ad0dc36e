"""Every notebook runs from top to bottom without an error or a warning on its error stream, and shows its pictures."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"


# ipykernel and jupyter_client announce changes of their own, which a notebook cannot help.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::RuntimeWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebook_runs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}).execute()
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        for output in outputs:
            assert output.get("name") != "stderr" or "vmenv: compil" in output["text"], output
        if "draw_gantt(" in cell.source:
            assert [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})], "a picture, not its name"
