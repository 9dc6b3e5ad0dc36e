"""The window of `render_mode="human"`: matplotlib's, on whatever display toolkit it finds."""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmenv.errors import VmenvError


def has_display() -> bool:
    """Returns whether windows can be shown here, as far as that can be told without loading anything."""
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


class Screen:
    """A window that shows one picture after the other; once a person has closed it, it stays closed.

    Args:
        title: Of the window.
        fps: Pictures a second at the most.

    Raises:
        VmenvError: There is no display, or nothing that draws on it.
    """

    def __init__(self, title: str, fps: float) -> None:
        self._title, self._fps = title, fps
        self._figure: Any = None
        self._image: Any = None
        self._pyplot = _interactive_pyplot()

    def __reduce__(self) -> tuple[Any, ...]:
        return Screen, (self._title, self._fps)  # a copy of an environment has a window of its own

    def show(self, picture: NDArray[np.uint8]) -> None:
        """Shows a (height, width, 3) picture for 1 / fps seconds, in which the window answers to the mouse."""
        if self._figure is None:
            height, width = picture.shape[:2]
            self._figure = self._pyplot.figure(self._title, figsize=(width / 100, height / 100), dpi=100)
            axes = self._figure.add_axes((0, 0, 1, 1))
            axes.set_axis_off()
            self._image = axes.imshow(picture)
            self._figure.canvas.manager.show()
        if not self._pyplot.fignum_exists(self._figure.number):
            return
        self._image.set_data(picture)
        canvas = self._figure.canvas
        canvas.draw_idle()
        canvas.start_event_loop(1 / self._fps)  # not pyplot.pause, which brings the window to the front every time

    def close(self) -> None:
        """Closes the window."""
        if self._figure is not None:
            self._pyplot.close(self._figure)


def _interactive_pyplot() -> Any:
    instead = 'give "rgb_array" or "ansi" and call render()'
    if not has_display():
        raise VmenvError(f"render_mode 'human' opens a window, but neither DISPLAY nor WAYLAND_DISPLAY names a display: {instead}")
    try:
        import matplotlib.pyplot as plt
        from matplotlib.backends.registry import BackendFilter, backend_registry
    except ImportError as error:
        raise VmenvError("render_mode 'human' needs matplotlib: pip install \"vmenv[plot]\"") from error
    try:
        backend = plt.get_backend()
    except ImportError as error:
        raise VmenvError(f"render_mode 'human' opens no window ({error}): install PySide6, or {instead}") from error
    if backend.lower() not in backend_registry.list_builtin(BackendFilter.INTERACTIVE):
        raise VmenvError(
            f"render_mode 'human' opens no window, as matplotlib's backend here is {backend!r}: set MPLBACKEND, install PySide6 or Tk, "
            f"or {instead}"
        )
    return plt
