"""The notebooks as pages, with the outputs that are committed with them."""

from __future__ import annotations

import base64
from typing import Any

import nbformat

from docs.pages.links import NOTEBOOKS
from docs.pages.writing import Pages, toctree


def write(out: Pages) -> None:
    """Writes a page for each."""
    found = sorted(NOTEBOOKS.glob("*.ipynb"))
    for path in found:
        cells = nbformat.read(path, as_version=4).cells
        out.write(
            f"notebooks/{path.stem}.md",
            "\n\n".join(part for place, cell in enumerate(cells) for part in _cell(out, path.stem, place, cell)),
        )
    about = "They lie in `notebooks`; the tests run each of them from top to bottom. Here they are with what came out."
    out.write("notebooks/index.md", f"# Notebooks\n\n{about}\n\n{toctree([path.stem for path in found])}")


def _cell(out: Pages, stem: str, place: int, cell: Any) -> list[str]:
    if cell.cell_type == "markdown":
        return [cell.source.replace(".ipynb)", ".md)")]  # to another notebook
    language = "sh" if cell.source.startswith("!") else "python"
    parts = [f"```{language}\n{cell.source}\n```"]
    for number, output in enumerate(cell.outputs):
        data = output.get("data", {})
        if "image/png" in data:
            name = f"{stem}-{place}-{number}.png"
            out.write(f"notebooks/{name}", base64.b64decode(data["image/png"]))
            parts.append(f"![what the cell above draws]({name})")
        elif "text/html" in data:
            parts.append(f"```{{raw}} html\n{data['text/html'].rstrip()}\n```")
        else:
            text = output.get("text") or data.get("text/plain", "")
            parts.append(f"```text\n{text.rstrip()}\n```")
    return parts
