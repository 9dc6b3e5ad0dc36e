"""The chart's window, lanes and strips, on workloads whose every grant is known."""

from __future__ import annotations

import dataclasses
import pickle
import sys
import warnings
from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

import vmenv
from vmenv.dispatch.render import draw_gantt, render_rgb
from vmenv.dispatch.render.gantt import FOLDED, MOST_LANES
from vmenv.dispatch.render.window import cut, longest_present, middle, utilisation
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.render.figures import MANY_COLOURS

HOST = vmenv.Host(quantum_us=10_000, switch_us=1_000)
WORK = vmenv.Workload.from_arrays([5_000, 0], [10_000, 15_000], cpu_millicores=[600, 1000], disk_kib_s=[50_000, 0])
# VM 1: switch 0-1 ms, serves to 11 ms; VM 0: switch 11-12, serves to 22, done; VM 1: switch 22-23, serves to 28, done.
RUN = vmenv.simulate(HOST, WORK, "tsrr", record=True, interpreted=True)


def one_after_the_other(num_vms: int) -> vmenv.Run:
    """VM i has 1 ms + i us of work, and all arrive at 0."""
    work = vmenv.Workload.from_arrays([0] * num_vms, [1_000 + i for i in range(num_vms)])
    return vmenv.simulate(vmenv.Host(), work, "fcfs", record=True, interpreted=True)


def test_a_notebook_can_draw_it() -> None:
    figure = draw_gantt(RUN)
    assert isinstance(figure, Figure)
    for one in (figure, pickle.loads(pickle.dumps(figure))):
        assert one._repr_png_().startswith(b"\x89PNG\r\n")


def test_the_phase_of_a_grant_indexes_the_workloads_own_order() -> None:
    # The later VM stands first in the workload, so that order of arrival and order of the workload differ.
    phases = [[vmenv.Phase(4_000, 100), vmenv.Phase(4_000, 200)], [vmenv.Phase(4_000, 300), vmenv.Phase(4_000, 400)]]
    run = vmenv.simulate(vmenv.Host(), vmenv.Workload.from_phases([20_000, 0], phases), "fcfs", record=True, interpreted=True)
    assert run.grants is not None
    assert run.grants["vm"].tolist() == [1, 1, 0, 0]
    assert run.grants["phase"].tolist() == [2, 3, 0, 1]
    times, held = utilisation(run, cut(run, 0), device=0)
    assert times.tolist() == [0, 4_000, 8_000, 20_000, 24_000, 28_000]
    np.testing.assert_allclose(held, [[0.3, 0.4, 0, 0, 0, 0], [0, 0, 0, 0.1, 0.2, 0]])  # rows in order of arrival


def test_utilisation_adds_up_to_the_devices_books() -> None:
    work = vmenv.Workload.from_arrays(
        [0, 0, 3_000], [25_000, 12_000, 9_000], cpu_millicores=[400, 500, 700], net_kib_s=[10, 70_000, 40_000]
    )
    run = vmenv.simulate(HOST, work, "tsrr", record=True, interpreted=True)
    for device, capacity in enumerate(HOST.capacities):
        times, held = utilisation(run, cut(run, 0), device)
        booked = run.devices[[c.SERVED, c.OVERHEAD], device].sum()
        assert round((held.sum(axis=0)[:-1] * np.diff(times)).sum() * capacity) == booked
        assert held.sum(axis=0).max() <= 1


def test_the_strips_show_the_utilisation() -> None:
    _, cpu, disk = draw_gantt(RUN, from_us=0).axes  # nobody asks for the network
    tops = [[area.get_paths()[0].get_extents().y1 for area in strip.collections] for strip in (cpu, disk)]
    np.testing.assert_allclose(tops[0], [1, 1])  # VM 1 below, VM 0 stacked on it
    np.testing.assert_allclose(tops[1], [0.5])  # who holds nothing of the disk is not in its strip
    corners = cpu.collections[1].get_paths()[0].vertices.tolist()
    assert [11, 0.6] in corners, "VM 0 has 60 % from 11 ms"
    assert [22, 0.6] in corners, "to 22 ms"
    assert [tick.get_text() for tick in cpu.get_yticklabels()] == ["0", "100 %"]


def test_waiting_lines_go_from_arrival_to_completion() -> None:
    (lines,) = draw_gantt(RUN, from_us=0).axes[0].collections
    np.testing.assert_allclose(lines.get_segments(), [[[0, 0], [28, 0]], [[5, 1], [22, 1]]])


def test_waiting_lines_end_with_the_run() -> None:
    run = vmenv.simulate(HOST, WORK, "tsrr", horizon_us=14_000, record=True, interpreted=True)
    (lines,) = draw_gantt(run, from_us=0, to_us=50_000).axes[0].collections
    np.testing.assert_allclose(lines.get_segments(), [[[0, 0], [14, 0]], [[5, 1], [14, 1]]])


def test_bars_are_cut_to_the_window() -> None:
    axes = draw_gantt(RUN, from_us=5_000, to_us=11_500).axes
    assert [(round(bar.get_x(), 6), round(bar.get_width(), 6)) for bar in axes[0].patches] == [(5, 6), (11, 0.5)]
    np.testing.assert_allclose(axes[-1].get_xlim(), (5, 11.5))


def test_long_windows_are_in_seconds() -> None:
    axes = draw_gantt(RUN, from_us=0, to_us=1_000_000).axes
    assert axes[-1].get_xlabel() == "time, s"
    assert axes[0].patches[0].get_x() + axes[0].patches[0].get_width() == pytest.approx(0.011)


def test_an_end_alone_takes_the_grants_before_it() -> None:
    run = one_after_the_other(60)
    window = cut(run, to_us=5_000)
    assert (window.from_us, window.to_us) == (0, 5_000)
    assert window.grants["vm"].tolist() == [0, 1, 2, 3, 4]


def test_the_longest_present_have_the_lanes() -> None:
    run = one_after_the_other(MOST_LANES + 3)
    assert longest_present(run, cut(run, 0), 2).tolist() == [MOST_LANES + 1, MOST_LANES + 2]
    axes = draw_gantt(run, from_us=0).axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == [f"VM {vm}" for vm in range(3, MOST_LANES + 3)] + ["+ 3 more"]
    assert len(axes.patches) == MOST_LANES


def test_a_window_begins_no_earlier_than_a_shortened_record() -> None:
    assert RUN.grants is not None
    run = dataclasses.replace(RUN, grants={name: column[-2:] for name, column in RUN.grants.items()})
    assert cut(RUN, 0).from_us == 0
    assert cut(run, 0).from_us == 22_000, "the forgotten grant may have ended as late as the first that is kept"
    assert cut(run).from_us == 22_000


def test_who_arrives_at_the_end_has_a_lane() -> None:
    run = vmenv.simulate(HOST, WORK, "tsrr", horizon_us=5_000, record=True, interpreted=True)
    assert cut(run).vms.tolist() == [1, 0]


def test_the_legend_names_what_is_drawn() -> None:
    legend = draw_gantt(RUN).axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["waiting", "start cost (switch, paging)", "service, in the VM's colour"]


def test_a_given_figure_is_drawn_into() -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure()
    assert draw_gantt(RUN, figure=figure) is figure
    assert len(figure.axes) == 3


def test_the_title_says_what_is_played_and_when() -> None:
    assert draw_gantt(RUN, from_us=5_000, title="tsrr, $3").get_suptitle() == "tsrr, \\$3\nfrom 0.005 s to 0.028 s, of 0.028 s"
    assert draw_gantt(RUN).get_suptitle() == ""


def distance(first: str, second: str) -> float:
    """Returns how far apart two colours are in CIELAB; some 2 can be told apart side by side, 20 at a glance."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    labs = []
    for colour in (first, second):
        rgb = np.array(to_rgb(colour))
        xyz = to_xyz @ np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92) / [0.9505, 1.0, 1.089]
        x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
        labs.append((116 * y - 16, 500 * (x - y), 200 * (y - z)))
    return float(np.linalg.norm(np.subtract(*labs)))


def test_vms_that_are_there_together_have_colours_of_their_own() -> None:
    """Whatever their numbers: 18 and 25 had the same."""
    run = one_after_the_other(MOST_LANES + 10)
    axes = draw_gantt(run, from_us=0).axes[0]
    colours = {to_hex(bar.get_facecolor()) for bar in axes.patches}
    assert len(colours) == MOST_LANES
    assert min(distance(a, b) for a, b in combinations(MANY_COLOURS, 2)) > 25
    assert min(distance(colour, FOLDED) for colour in MANY_COLOURS) > 15


def test_a_vm_keeps_its_colour_from_picture_to_picture() -> None:
    run = one_after_the_other(12)
    pictures = [draw_gantt(run, from_us=start, to_us=start + 4_000).axes[0] for start in (0, 2_000)]
    found = [
        {tick.get_text(): bar.get_facecolor() for tick, bar in zip(axes.get_yticklabels(), axes.patches, strict=False)} for axes in pictures
    ]
    assert found[0]["VM 3"] == found[1]["VM 3"]


def test_images_differ_with_the_window_and_leave_pyplot_alone() -> None:
    loaded = "matplotlib.pyplot" in sys.modules
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        images = [render_rgb(RUN), render_rgb(RUN, last_us=6_000)]
    assert [image.shape for image in images] == [(640, 960, 3)] * 2
    assert (images[0] != images[1]).any()
    assert ("matplotlib.pyplot" in sys.modules) == loaded


def test_images_need_a_record() -> None:
    with pytest.raises(SpecError, match="record=True"):
        render_rgb(vmenv.simulate(HOST, WORK, interpreted=True))


def test_the_middle_has_so_many_grants() -> None:
    """Of a run that has fewer it is all; the last grants of a run are often those of one VM alone."""
    scenario = vmenv.make_scenario("thrash", num_vms=30)
    run = vmenv.simulate(scenario.build_host(), scenario.episode(0), "las", num_slots=8, record=True)
    assert run.grants is not None
    ends = np.sort(run.grants["end_us"])
    from_us, to_us = middle(run, 20)
    assert ((ends > from_us) & (ends <= to_us)).sum() == 20
    assert abs(np.searchsorted(ends, from_us, side="right") - (len(ends) // 2 - 10)) <= 1
    assert middle(run, 10**6) == (0, ends[-1])
