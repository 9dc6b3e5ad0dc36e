"""Policies of shares: what they do on cases by hand, that interpreted play equals compiled play, and evaluation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import vmenv
from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import list_schedulers, make_scheduler
from vmenv.errors import SpecError, UnknownNameError
from vmenv.share.filling import SHARE
from vmenv.share.observation import vm_features
from vmenv.share.play import play
from vmenv.share.quanta import EXACT, shares_of
from vmenv.share.scheduler import PAST, Seen, to_actions
from vmenv.share.scorer import ShareScorer, num_weights, scores

SMALL = make_scenario("share_spells", num_vms=5, num_slots=6, cpus=4, num_samples=8)


def seen(asks: list[int], sizes: list[int], capacity: int = 10) -> Seen:
    """Returns one run in which VMs asked for CPU; a slot more is empty."""
    n = len(asks) + 1
    demands = np.zeros((1, n, 3), np.int64)
    demands[0, :-1, 0] = asks
    places = np.zeros((1, n, 3), np.int64)
    places[:, :, 1:] = [1, 2]
    present = np.ones((1, n), np.bool_)
    present[0, -1] = False
    size = np.array([[*sizes, 0]])
    past = np.zeros((1, n, 3, len(PAST)))
    past[0, 0, 0] = [0.1, 0.0, 0.0, 0.1, 0.2]  # of the first VM: missed, short, long, swing, peak
    return Seen(present, demands, size, np.ones((1, n), np.int64), places, np.array([capacity, 1, 1]), past)


def weights(name: str, asks: list[int], sizes: list[int], **parameters: Any) -> list[float]:
    given = make_scheduler(name, kind="share", **parameters).weights(seen(asks, sizes))[0]
    assert given[-1] == 0, "nothing for an empty slot"
    return np.round(10 * given[:-1], 9).tolist()


def test_weights_by_hand() -> None:
    """C = 10: the unit facts where there is not enough; where there is, what is left is dealt out evenly among those that ask."""
    assert weights("equal", [6, 5, 4, 1], [8, 4, 2, 2]) == [10, 10, 10, 10]
    assert weights("size", [6, 5, 4, 1], [8, 4, 2, 2]) == [80, 40, 20, 20]
    assert weights("demand", [6, 5, 4, 1], [8, 4, 2, 2], headroom=0.5) == [10, 7, 5, 2]
    for name in ("rap", "drf"):
        parameters = {"parts": 10} if name == "rap" else {}
        assert weights(name, [6, 5, 4, 1], [8, 4, 2, 2], **parameters) == [3, 3, 3, 1]
    assert weights("rrp", [6, 5, 4, 1], [8, 4, 2, 2], parts=10) == [5, 3, 2, 0]
    assert weights("rrp", [6, 5, 4, 1], [8, 4, 2, 2], order="asc", parts=10) == [0, 5, 4, 1]
    assert weights("drf", [3, 1], [4, 4]) == [6, 4]


def test_actions_are_scaled_to_the_largest() -> None:
    assert to_actions(np.array([[2.0, 1.0], [0.0, 0.0]])).tolist() == [[1.0, 0.5], [1.0, 1.0]]


@pytest.mark.parametrize("name", list_schedulers("share"))
def test_interpreted_play_equals_compiled_play(name: str) -> None:
    policy = make_scheduler(name, kind="share")
    assert policy.information in ("blind", "demands")
    assert policy.source
    digests = [[run.digest() for run in play(policy, SMALL, [0, 1], interpreted=mode)] for mode in (True, False)]
    assert digests[0] == digests[1]
    with pytest.raises(UnknownNameError, match=f"did you mean '{name}'"):
        make_scheduler(name + "x", kind="share")
    with pytest.raises(SpecError, match="has no parameter 'nothing'"):
        make_scheduler(name, kind="share", nothing=1)


def test_the_loop_is_the_same_in_both_modes() -> None:
    rng = np.random.default_rng(1)
    asks, places = rng.integers(0, 50, (4, 7, 3)), np.zeros((4, 7, 3), np.int64)
    places[:, :, 1:] = [1, 2]
    for parts in (EXACT, 0, 5):
        both = [shares_of(asks, places, rng.integers(1, 2, (4, 7)), np.array([99, 40, 60]), SHARE, parts, mode) for mode in (True, False)]
        assert (both[0] == both[1]).all()


def test_evaluation_is_the_same_whatever_is_played_beside() -> None:
    rows = evaluate("drf", SMALL, range(4))
    assert evaluate("drf", SMALL, [2]) == rows[2:3]
    assert {"steal_us", "unmet_us", "backlog_us", "jain", "digest"} <= rows[0].keys()
    assert vmenv.evaluate("drf", "share_spells", [2], num_vms=5, num_slots=6, cpus=4, num_samples=8) == rows[2:3]
    with pytest.raises(SpecError, match="policy is 3"):
        evaluate(3, SMALL, [0])


def test_an_untrained_scorer_is_the_heuristic_demand() -> None:
    untrained = ShareScorer(weights=(0.0,) * num_weights(4))
    by_demand = make_scheduler("demand", kind="share", headroom=0.0)
    scenario = make_scenario("share_spells", num_vms=5, num_slots=6, cpus=8, num_samples=8)  # nobody can ask for more than all
    for one, other in zip(evaluate(untrained, scenario, range(3)), evaluate(by_demand, scenario, range(3)), strict=True):
        assert one["steal_us"] == pytest.approx(other["steal_us"], rel=1e-3)  # features are float32


def test_scores_go_with_their_vms() -> None:
    """Another order of the slots is another order of the scores, and candidates side by side are what each is alone."""
    rng = np.random.default_rng(2)
    vms, host = rng.random((6, 5, len(vm_features()))).astype(np.float32), rng.random((6, 10)).astype(np.float32)
    candidates = rng.normal(size=(2, num_weights(3)))
    order = rng.permutation(5)
    straight = scores({"vms": vms, "host": host}, candidates)
    np.testing.assert_allclose(scores({"vms": vms[:, order], "host": host}, candidates), straight[..., order], rtol=1e-12)
    alone = scores({"vms": vms[3:], "host": host[3:]}, candidates[1:])
    np.testing.assert_allclose(alone[0], straight[1], rtol=1e-12)


def test_linear_by_hand() -> None:
    """C = 10: with nothing but the last demand it is `demand`; what a VM was seen to do adds to it, and a negative sum gives nothing."""
    assert weights("linear", [6, 5, 4, 1], [8, 4, 2, 2], headroom=0.5) == weights("demand", [6, 5, 4, 1], [8, 4, 2, 2], headroom=0.5)
    assert weights("linear", [6, 5, 4, 1], [8, 4, 2, 2], now=0.0, peak=1.0, swing=0.5, headroom=0.0) == [2.5, 0, 0, 0]
    assert weights("linear", [6, 5, 4, 1], [8, 4, 2, 2], now=0.0, peak=-1.0, headroom=0.0) == [0, 0, 0, 0]
    assert weights("linear", [6, 5, 4, 1], [8, 4, 2, 2], now=0.0, peak=1.0, missed=-1.0, headroom=0.1) == [1.8, 0.4, 0.2, 0.2]


def test_what_rules_see_of_the_past_is_what_observations_tell() -> None:
    """Roots in one, parts of the capacity in the other."""
    episodes = vmenv.Episodes(SMALL, 3)
    episodes.restart(range(3), range(3))
    for _ in range(5):
        episodes.step(np.ones((3, 6)))
    past, names = Seen.read(episodes.runs).past, vm_features()
    for k, name in enumerate(PAST):
        told = episodes.observations.vms[..., names.index(f"cpu_{name}")]
        present = Seen.read(episodes.runs).present
        np.testing.assert_allclose(np.sqrt(np.minimum(past[..., 0, k], 1.0))[present], told[present], rtol=1e-6)
