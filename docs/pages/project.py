"""Pages about the project: the changelog, and how to cite it, from CITATION.cff."""

from __future__ import annotations

import yaml

from docs.pages.links import as_page, page_of
from docs.pages.writing import ROOT, Pages, toctree


def write(out: Pages) -> None:
    """Writes the pages: the files of Markdown at the top of the checkout, README excepted, and how to cite."""
    files = [path for path in sorted(ROOT.glob("*.md")) if path.stem != "README"]
    for path in files:
        page = page_of(path)
        assert page is not None
        out.write(page, as_page(out, path, page))
    out.write("project/citing.md", citing())
    names = [path.stem.lower() for path in files]
    out.write("project/index.md", f"# The project\n\nMIT licence.\n\n{toctree([*names, 'citing'])}")


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
