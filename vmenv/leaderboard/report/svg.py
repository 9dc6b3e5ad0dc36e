"""matplotlib's figures as SVG within a page of HTML: real text, colours of the page, no name that another picture has too.

matplotlib, and not a library that draws in the browser: the script of plotly 7.1 alone is 4.8 MB, that of bokeh 3.9 is 1.3 MB, and altair
loads its own from elsewhere, or takes 88 MB of vl-convert to avoid it. A picture of matplotlib is there without a script, the extra `plot`
has it already, and it is the one that papers take.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from typing import Any

from vmenv.render.figures import matplotlib_classes

INK, LINE = "#010203", "#dddddd"  # stand for the page's own colours of text and of lines
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "font.family": "sans-serif",
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}


def inline(draw: Callable[[], Any], name: str, alt: str) -> str:
    """Returns a picture as an element of HTML.

    Args:
        draw: Draws it, and returns the figure.
        name: Of the picture, another one for each on a page: letters, digits and dashes.
        alt: What it shows, for those who do not see it.
    """
    matplotlib_classes()  # says what to install where it is not there
    from matplotlib import rc_context

    with rc_context({**STYLE, "svg.hashsalt": name}):
        picture = io.StringIO()
        draw().savefig(picture, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = picture.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    used = set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", text))
    names = {first or second for first, second in used}
    text = re.sub(r' id="([^"]+)"', lambda found: f' id="{name}-{found.group(1)}"' if found.group(1) in names else "", text)
    text = re.sub(r"url\(#|href=\"#", lambda found: f"{found.group(0)}{name}-", text)
    text = text.replace(INK, "currentColor").replace(LINE, "var(--line)")
    ((width, height),) = re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text)[:1]
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    size = f'viewBox="0 0 {float(width):g} {float(height):g}" style="max-width:{1.5 * float(width):.0f}px"'
    head = f'<svg role="img" aria-label="{html.escape(alt)}" {size} {spaces}>'
    body = re.sub(r"\s*\n\s*", " ", text[text.index(">") + 1 :])
    # A tenth of a point is less than anybody sees. Places alone: what stands in the picture is text.
    return head + re.sub(r' (?:d|x|y|transform|width|height)="[^"]*"', lambda place: re.sub(r"(\.\d)\d+", r"\1", place.group()), body)
