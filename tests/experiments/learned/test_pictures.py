"""The pictures of the page of learned policies, and the questions to a policy, answered as its weights have it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from experiments.learned.curves import LEAST_GAP, Panel, begun_at, draw_panel, read_curve, spread
from experiments.learned.dots import MOST_ROWS, draw_dots, row_of
from experiments.learned.shape import SERVICES_US, ask, by_service, draw_shapes, rule
from tests.experiments.learned.made_up import some
from vmenv.dispatch.index.policy import IndexPolicy, untrained
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import make_scheduler


def test_curves_are_read(tmp_path: Path) -> None:
    (tmp_path / "curve.csv").write_text("decisions,seconds,validation\n10,0.1,3.5\n20,0.2,3.0\n")
    decisions, costs = read_curve(tmp_path, after=100.0, scale=2.0)
    assert decisions.tolist() == [110, 120]
    assert costs.tolist() == [7.0, 6.0]
    assert [row.tolist() for row in begun_at((100.0, 8.0), (decisions, costs))] == [[100, 110, 120], [8.0, 7.0, 6.0]]


def test_rounding_does_not_look_like_learning() -> None:
    axes = Figure().add_subplot()
    curve = np.array([1e6, 2e6]), np.array([0.2374, 0.2374 - 1e-11])
    draw_panel(axes, Panel("mm1", "mean response, s", [curve], [curve], {"fcfs": (0.2374, "#3b6ea5")}))
    low, high = axes.get_ylim()
    assert low < 0.2374 < high
    assert high - low > 0.001


def test_labels_do_not_overlap() -> None:
    heights = spread([0.5, 0.1, 0.52, 0.51], LEAST_GAP)
    assert np.diff(sorted(heights)).min() >= LEAST_GAP - 1e-12
    assert np.argsort(heights).tolist() == [1, 0, 3, 2]
    assert spread([0.1, 0.9], LEAST_GAP) == [0.1, 0.9]


def test_a_picture_has_few_rows(tmp_path: Path) -> None:
    row = row_of(some(learned=(4.0, 6.0)))
    assert row.limit == pytest.approx(0.2)
    draw_dots([row] * MOST_ROWS, tmp_path / "dots.png")
    assert (tmp_path / "dots.png").stat().st_size > 5_000
    with pytest.raises(ValueError, match="at most 20"):
        draw_dots([row] * (MOST_ROWS + 1), tmp_path / "dots.png")


def test_questions_are_answered_by_the_weights(tmp_path: Path) -> None:
    """A linear score of -1 x squash(service) + 2 x memory to be paged in moves by just that."""
    scenario = make_scenario("thrash", num_vms=20)
    untaught = untrained(("page_in", "attained"), (), 0, scenario.time_scale_us)
    policy = untaught.with_weights(np.array([2.0, -1.0, -9.0]))
    scores = ask(policy, scenario, by_service).reshape(-1, 2, len(SERVICES_US))
    assert len(scores) > 0
    squashed = np.floor(SERVICES_US) / (np.floor(SERVICES_US) + scenario.time_scale_us)
    np.testing.assert_allclose(scores[:, 0], np.broadcast_to(-squashed, scores[:, 0].shape), rtol=1e-12)
    memory = scores[:, 1] - scores[:, 0]
    assert (memory > 0).all()
    np.testing.assert_allclose(memory, np.broadcast_to(memory[:, :1], memory.shape))
    assert isinstance(policy, IndexPolicy)
    draw_shapes(policy, make_scheduler("mlfq"), tmp_path / "shape.png")
    assert (tmp_path / "shape.png").stat().st_size > 10_000


def test_rules_of_people() -> None:
    gittins, level = rule(make_scheduler("gittins"), True), rule(make_scheduler("mlfq", threshold_us=1e5, ratio=10.0), True)
    assert gittins[0] > 2 * gittins[-1]
    assert level[0] == 0
    assert level[-1] == -3  # 20 s lie behind the thresholds 0.1, 1 and 10 s
