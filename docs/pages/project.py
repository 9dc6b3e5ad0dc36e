"""Pages about the project: the changelog, and how to cite it, from CITATION.cff."""

from __future__ import annotations

import yaml

from docs.pages.writing import ROOT, Pages, toctree


def write(out: Pages) -> None:
    """Writes the pages."""
    out.write("project/changelog.md", (ROOT / "CHANGELOG.md").read_text().replace("](experiments/results/", "](../results/"))
    out.write("project/citing.md", citing())
    out.write("project/index.md", f"# The project\n\nMIT licence.\n\n{toctree(['changelog', 'citing'])}")


def citing() -> str:
    """Returns how to cite vmenv, with an entry for BibTeX."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    year = str(cited["date-released"])[:4]
    authors = " and ".join(f"{{{author['name']}}}" for author in cited["authors"])
    entry = [
        "@software{vmenv,",
        f"  title   = {{{cited['title']}}},",
        f"  author  = {{{authors}}},",
        f"  version = {{{cited['version']}}},",
        f"  year    = {{{year}}},",
        f"  license = {{{cited['license']}}},",
        "}",
    ]
    text = "\n".join(entry)
    return f"# How to cite\n\n{cited['message']} `CITATION.cff` holds this too.\n\n```bibtex\n{text}\n```\n"
