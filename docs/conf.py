"""Settings of Sphinx. Nothing is fetched: no intersphinx, no fonts and no scripts of others; formulas become MathML."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # `docs.pages`, and the programs in `experiments`

import vmenv

project = "vmenv"
author = "the vmenv authors"
copyright = "the vmenv authors, MIT licence"  # the name that Sphinx looks for
release = version = vmenv.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "docs.pages", "docs.mathml"]
exclude_patterns = ["build"]
source_suffix = {".md": "markdown"}
nitpicky = True

myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 4  # links to headings are checked

# Docstrings name things in single backticks: a link where the site has the thing, else code. Types of other packages have no page here.
default_role = "py:obj"
nitpick_ignore_regex = [("py:obj", ".*"), *((f"py:{kind}", r"(?!vmenv\.).*") for kind in ("class", "exc", "data"))]
# The inside of the simulator, of which only the inside says what it is; a type variable; a scenario, which has a page of its own.
nitpick_ignore = [
    ("py:class", name)
    for name in (
        "vmenv.host.state.State",
        "vmenv.host.state.Runs",
        "vmenv.share.state.Runs",
        "vmenv.share.state.State",
        "vmenv.registry.T",
        "vmenv.dispatch.scenarios.gang.Gang",
    )
]
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_use_rtype = False
napoleon_use_ivar = True  # the attributes of a named tuple are its members already

html_theme = "furo"
html_title = f"vmenv {version}"
html_copy_source = False
html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["tables.css"]
