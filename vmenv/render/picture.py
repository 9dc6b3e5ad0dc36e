"""A figure that a notebook draws. Only `vmenv.render.figures` imports this, when the first picture is drawn: it needs matplotlib."""

from __future__ import annotations

import io

from matplotlib.figure import Figure


class Picture(Figure):
    """A matplotlib figure that no pyplot keeps alive, and that Jupyter and its like show as a picture and not as a line of text."""

    def _repr_png_(self) -> bytes:
        drawn = io.BytesIO()
        self.savefig(drawn, format="png")
        return drawn.getvalue()
