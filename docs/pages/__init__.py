"""Pages that are made of the registries, the command line, results and notebooks whenever the site is built, so that they cannot drift.

Each module here has a function `write(out)`, which writes its pages through a `Pages`. They go to folders of `docs` that hold nothing else
and that git ignores.
"""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx

from docs.pages import api, command_line, environments, notebooks, project, reference, results
from docs.pages.writing import Pages

MAKERS = (environments, reference, api, command_line, results, notebooks, project)
FOLDERS = ("environments", "reference", "results", "notebooks", "project")  # what is made


def write_all(folder: Path) -> None:
    """Writes all pages below `folder`, and removes those of an earlier time that are no more."""
    out = Pages(folder)
    for maker in MAKERS:
        maker.write(out)
    out.remove_others(FOLDERS)


def setup(app: Sphinx) -> dict[str, bool]:
    """Has the pages written before Sphinx looks for sources."""
    app.connect("builder-inited", lambda app: write_all(Path(app.srcdir)))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
