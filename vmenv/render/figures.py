"""What the pictures share: colours, and matplotlib, which is loaded when the first one is drawn."""

from __future__ import annotations

from typing import Any

from vmenv.errors import VmenvError

# Okabe and Ito's colours, which colour-blind readers tell apart; black is left out.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442")
# The same, and what lies farthest from all before it in CIELAB (26 and more between any two), neither pale nor almost black.
MANY_COLOURS = (
    *COLOURS,
    *("#551199", "#554411", "#EE0055", "#44AA00", "#CCBB99", "#FF77FF", "#771122", "#0077FF", "#004444"),
    *("#553355", "#CC0088", "#115500", "#888811", "#EE8877", "#BBAAFF", "#55DDDD", "#99DD88"),
)
GREY = "#999999"


def matplotlib_classes() -> tuple[Any, Any]:
    """Returns the class of figures, a matplotlib Figure that notebooks draw, and that of its canvas.

    Raises:
        VmenvError: It is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        from vmenv.render.picture import Picture
    except ImportError as error:
        raise VmenvError('pictures need matplotlib: pip install "vmenv[plot]"') from error
    return Picture, FigureCanvasAgg
