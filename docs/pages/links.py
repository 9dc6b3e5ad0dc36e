"""Files of Markdown of the checkout as pages of the site: links lead to pages where there are some, else they name the file."""

from __future__ import annotations

import os
import re
from pathlib import Path

from docs.pages.writing import ROOT, Pages

RESULTS, NOTEBOOKS, SITE = ROOT / "experiments" / "results", ROOT / "notebooks", ROOT / "docs"
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)")
PICTURES = (".png", ".svg")


def as_page(out: Pages, source: Path, page: str) -> str:
    """Returns the text of a file as that of a page such as "results/thrash.md". Pictures come along; raw rows and sources do not."""
    return LINK.sub(lambda link: _relink(out, source.parent, page, link), source.read_text())


def page_of(path: Path) -> str | None:
    """Returns the page that a file of the checkout is; None: none."""
    if path.parent == RESULTS and path.suffix == ".md":
        return f"results/{path.name}"
    if path.parent == NOTEBOOKS:
        return f"notebooks/{path.stem}.md"
    if path.parent == ROOT and path.suffix == ".md":
        return "index.md" if path.stem == "README" else f"project/{path.stem.lower()}.md"
    return str(path.relative_to(SITE)) if SITE in path.parents and path.suffix == ".md" else None


def _relink(out: Pages, folder: Path, page: str, link: re.Match[str]) -> str:
    mark, text, target, anchor = link[1], link[2], link[3], link[4] or ""
    if target.startswith(("http:", "https:", "mailto:")):
        return link[0]
    path = Path(os.path.normpath(folder / target))
    assert path.exists(), f"{target} is not there, which {page} links"
    beside = Path(page).parent
    if path.suffix in PICTURES:
        out.write(str(beside / path.name), path.read_bytes())
        return f"{mark}[{text}]({path.name})"
    assert not mark, f"{target} is no picture that a page can show"
    found = page_of(path)
    if found is not None:
        return f"[{text}]({os.path.relpath(found, beside)}{anchor})"
    place = str(path.relative_to(ROOT))
    return text if place in text or anchor else f"{text} (`{place}`)"
