"""The pictures show what the run did."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import vmenv
from vmenv.dispatch.render import draw_gantt, render_ansi, render_rgb
from vmenv.dispatch.render.window import cut, utilisation
from vmenv.errors import SpecError, VmenvError

HOST = vmenv.Host(quantum_us=10_000, switch_us=1_000)
WORK = vmenv.Workload.from_arrays([5_000, 0], [10_000, 15_000], cpu_millicores=[600, 1000], disk_kib_s=[50_000, 0])
# VM 1: switch 0-1 ms, serves to 11 ms; VM 0: switch 11-12, serves to 22, done; VM 1: switch 22-23, serves to 28, done.
RUN = vmenv.simulate(HOST, WORK, "tsrr", record=True, interpreted=True)


def test_bars_stand_where_the_grants_were() -> None:
    axes = draw_gantt(RUN, from_us=0).axes
    assert [label.get_text() for label in axes[0].get_yticklabels()] == ["VM 1", "VM 0"], "in order of arrival"
    bars = sorted((bar.get_y() + bar.get_height() / 2, bar.get_x(), bar.get_width(), bool(bar.get_hatch())) for bar in axes[0].patches)
    expected = [(0, 0, 1, True), (0, 1, 10, False), (0, 22, 1, True), (0, 23, 5, False), (1, 11, 1, True), (1, 12, 10, False)]
    np.testing.assert_allclose(bars, expected, atol=1e-9)
    assert axes[-1].get_xlabel() == "time, ms"
    assert [each.get_ylabel() for each in axes[1:]] == ["cpu", "disk0"]


def test_utilisation_is_what_is_held() -> None:
    times, held = utilisation(RUN, cut(RUN, 0), device=0)
    assert times.tolist() == [0, 11_000, 22_000, 28_000]
    np.testing.assert_allclose(held, [[1.0, 0.0, 1.0, 0.0], [0.0, 0.6, 0.0, 0.0]])
    _, held = utilisation(RUN, cut(RUN, 0), device=1)
    np.testing.assert_allclose(held[1], [0.0, 0.5, 0.0, 0.0])


def test_demands_follow_the_phase() -> None:
    work = vmenv.Workload.from_phases([0, 0], [[vmenv.Phase(5_000, 500), vmenv.Phase(5_000, 800)], [vmenv.Phase(5_000, 100)]])
    run = vmenv.simulate(vmenv.Host(), work, "fcfs", record=True, interpreted=True)
    times, held = utilisation(run, cut(run, 0), device=0)
    assert times.tolist() == [0, 5_000, 10_000]
    np.testing.assert_allclose(held[0], [0.5, 0.8, 0.0])


def test_a_window_leaves_out_who_is_not_there() -> None:
    window = cut(RUN, 23_000, 28_000)
    assert window.vms.tolist() == [1]
    assert window.grants["grant_us"].tolist() == [23_000]
    with pytest.raises(SpecError, match="give a later end"):
        cut(RUN, 5, 5)


def test_image() -> None:
    image = render_rgb(RUN)
    assert image.shape == (640, 960, 3)
    assert image.dtype == np.uint8
    assert len(np.unique(image)) > 10
    assert render_rgb(vmenv.simulate(HOST, WORK, horizon_us=1, record=True, interpreted=True)).shape == (640, 960, 3)


def test_text() -> None:
    run = vmenv.simulate(HOST, WORK, "tsrr", horizon_us=24_000, record=True, interpreted=True)
    assert render_ansi(run, width=24).splitlines() == [
        "t = 0.024 s   present 1   done 1 of 2",
        "   cpu [#####################~~~      ]  71 % service,  11 % start costs so far",
        " disk0 [######~                       ]  21 % service,   2 % start costs so far",
        "  nic0 [                              ]   0 % service,   0 % start costs so far",
        "    VM attained s  waited s grants  from 0.000 s to 0.024 s",
        "     1      0.011     0.011      2  ~##########...........~#",
    ]


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SpecError, match="record=True"):
        draw_gantt(vmenv.simulate(HOST, WORK, interpreted=True))
    for name in [name for name in sys.modules if name.startswith("matplotlib") or name == "vmenv.render.picture"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(VmenvError, match=r"vmenv\[plot\]"):
        draw_gantt(RUN)
