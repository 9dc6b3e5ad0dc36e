"""The scores of a network against its formula in plain numpy, for every number of blocks of hidden units."""

from __future__ import annotations

import numpy as np
import pytest

import vmenv
from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.index.features import HOST_FEATURES, VM_FEATURES, write_host_features, write_vm_features
from vmenv.dispatch.index.policy import IndexPolicy
from vmenv.dispatch.index.scoring import WAIT, num_weights
from vmenv.dispatch.loop.view import view_host, view_vm
from vmenv.episodes.scenario import make_scenario
from vmenv.errors import SpecError
from vmenv.host.dynamics import grant
from vmenv.host.state import State, one

TAU = 10_000
FEATURES, OF_HOST = ("attained", "cpu", "weight"), ("demand_cpu", "running")


def begin() -> State:
    """Returns a run in which three VMs wait, and after a grant two and something to wait for."""
    work = vmenv.Workload.from_arrays([0, 0, 0], [30_000, 20_000, 10_000], cpu_millicores=[900, 500, 100], weight=[1, 2, 5])
    episodes = DispatchEpisodes(make_scenario("host", host=vmenv.Host(cpus=2), workload=work), 1, interpreted=True)
    episodes.restart([0], [0])
    episodes.remember()
    return one(episodes.runs, 0)


def plain_scores(s: State, policy: IndexPolicy) -> tuple[list[float], float]:
    """Returns the score of each VM in slots 1 and 2, and that of waiting, as `vmenv.dispatch.index.scoring` says."""
    f, h, n = len(FEATURES), len(OF_HOST), policy.hidden
    parts = np.split(np.array(policy.weights), np.cumsum([f, f * n, n, h, h * n, n, n]))
    u, w, v, u_wait, w_host, b, v_wait, b_wait = parts
    w, w_host = (of.reshape(-1, k, 4).transpose(0, 2, 1).reshape(n, k) for of, k in ((w, f), (w_host, h)))  # blocks of 4 units
    of_host, rows = np.zeros(len(HOST_FEATURES)), np.zeros((2, len(VM_FEATURES)))
    write_host_features(view_host(s), TAU, False, of_host)
    seen = of_host[[HOST_FEATURES.index(name) for name in OF_HOST]]
    context, scores = w_host @ seen + b, []
    for i, row in zip((1, 2), rows, strict=True):
        write_vm_features(view_vm(s, i), view_host(s), TAU, False, row)
        mine = row[[VM_FEATURES.index(name) for name in FEATURES]]
        hidden = w @ mine + context
        scores.append(float(u @ mine + v @ (hidden / (1 + abs(hidden)))))
    return scores, float(u_wait @ seen + v_wait @ (context / (1 + abs(context))) + b_wait[0])


@pytest.mark.parametrize("hidden", [0, 4, 8, 12, 16, 20, 32])
def test_scores_are_what_the_formula_says(hidden: int) -> None:
    weights = np.random.default_rng(hidden).normal(size=num_weights(len(FEATURES), len(OF_HOST), hidden))
    policy = IndexPolicy(time_scale_us=TAU, hidden=hidden, features=FEATURES, host_features=OF_HOST, weights=tuple(weights.tolist()))
    s, params = begin(), policy.params()
    policy.update(s, params)
    assert s.run_memory[WAIT] == -np.inf, "nothing runs and nobody is to come"
    grant(s, 0)
    policy.update(s, params)
    scores, waiting = plain_scores(s, policy)
    assert s.run_memory[WAIT] == pytest.approx(waiting, rel=1e-9)
    keys = [policy.key(view_vm(s, i), view_host(s), params)[0] for i in (1, 2)]
    assert keys == pytest.approx([-score if score >= waiting else np.inf for score in scores], rel=1e-9)


@pytest.mark.parametrize(("bias", "waits"), [(0.699, False), (0.701, True)])
def test_waiting_wins_if_it_scores_higher(bias: float, waits: bool) -> None:
    """A linear score of .7 for a weight of 2, which is squashed to 2/3, against the bias of waiting alone."""
    policy = IndexPolicy(time_scale_us=TAU, hidden=0, features=("weight",), host_features=(), weights=(0.7 * 1.5, bias))
    s = begin()
    grant(s, 0)
    policy.update(s, policy.params())
    key, _ = policy.key(view_vm(s, 1), view_host(s), policy.params())
    assert key == np.inf if waits else key == pytest.approx(-0.7)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_weights_are_as_many_as_it_takes_and_finite(wrong: float) -> None:
    weights = (0.0,) * num_weights(len(FEATURES), len(OF_HOST), 4)
    given = {"time_scale_us": TAU, "hidden": 4, "features": FEATURES, "host_features": OF_HOST}
    IndexPolicy(**given, weights=weights)
    for other in (weights[:-1], (*weights, 0.0)):
        with pytest.raises(SpecError, match=r"holds 3\d numbers: give 38 for 3 \+ 2 features and 4 hidden units"):
            IndexPolicy(**given, weights=other)
    with pytest.raises(SpecError, match="not finite"):
        IndexPolicy(**given, weights=(*weights[:-1], wrong))
