"""`render_mode="human"`: a window where there can be one, and one clear message where there cannot. The window's drawing runs on Agg."""

from __future__ import annotations

import copy
import itertools
import sys
from typing import Any

import gymnasium
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends import backend_registry

from vmenv.errors import VmenvError

IDS = ("vmenv/Mm1-v0", "vmenv/Share-Spells-v0")


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Takes Agg for a backend with windows."""
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(backend_registry, "list_builtin", lambda chosen: ["agg"])
    monkeypatch.setattr(FigureManagerBase, "show", lambda manager: None)
    before = matplotlib.get_backend()
    plt.switch_backend("agg")
    yield
    plt.close("all")
    plt.switch_backend(before)


def quick(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    env = gymnasium.make(name, render_mode="human")
    monkeypatch.setattr(env.unwrapped._screen, "_fps", 1e6)
    return env


@pytest.mark.parametrize("name", IDS)
def test_every_step_is_shown_without_being_asked(name: str, display: None, monkeypatch: pytest.MonkeyPatch) -> None:
    env = quick(name, monkeypatch)
    env.reset(seed=0)
    assert len(plt.get_fignums()) == 1

    def shown() -> Any:
        return plt.gcf().axes[0].images[0].get_array()

    pictures = [np.array(shown())]
    for _ in range(3):
        env.step(env.action_space.sample())
        pictures.append(np.array(shown()))
    assert pictures[0].shape == (640, 960, 3)
    assert all((before != after).any() for before, after in itertools.pairwise(pictures))
    assert env.render() is None
    assert len(plt.get_fignums()) == 1, "one window all the time"
    again = copy.deepcopy(env.unwrapped)
    env.close()
    assert plt.get_fignums() == []
    again._screen._fps = 1e6
    again.step(again.action_space.sample())
    assert len(plt.get_fignums()) == 1, "a copy opens a window of its own"


def test_a_window_that_was_closed_stays_closed(display: None, monkeypatch: pytest.MonkeyPatch) -> None:
    env = quick(IDS[0], monkeypatch)
    env.reset(seed=0)
    plt.close("all")
    env.step(env.action_space.sample())
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", IDS)
def test_without_a_display(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused before anything is played; a checker that tries all modes of the environment has no complaint."""
    monkeypatch.setattr(sys, "platform", "linux")
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(VmenvError, match='neither DISPLAY nor WAYLAND_DISPLAY names a display: give "rgb_array" or "ansi"'):
        gymnasium.make(name, render_mode="human")
    check_env(gymnasium.make(name).unwrapped)


def test_without_a_toolkit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(plt, "get_backend", lambda: "agg")
    with pytest.raises(VmenvError, match="backend here is 'agg': set MPLBACKEND, install PySide6 or Tk"):
        gymnasium.make(IDS[0], render_mode="human")


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(VmenvError, match=r"vmenv\[plot\]"):
        gymnasium.make(IDS[0], render_mode="human")
