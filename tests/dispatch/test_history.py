"""The columns that tell what the run has taught: right numbers, and nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest

from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.observation import AT_WITH_HISTORY, NUM_HISTORY, VM_FEATURES, vm_features
from vmenv.episodes.scenario import make_scenario
from vmenv.errors import SpecError
from vmenv.host import columns as c

SCENARIO = make_scenario("mystery")


def test_history_adds_columns_and_changes_nothing_else() -> None:
    plain, told = DispatchEpisodes(SCENARIO, 3), DispatchEpisodes(SCENARIO, 3, history=True)
    for episodes in (plain, told):
        episodes.restart(range(3), [1, 2, 3])
    assert told.observations.vms.shape[2] == NUM_HISTORY == len(vm_features(history=True))
    while not plain.terminated.any():
        assert (told.observations.vms[:, :, : len(VM_FEATURES)] == plain.observations.vms).all()
        assert (told.observations.host == plain.observations.host).all()
        actions = plain.observations.action_mask.argmax(axis=1)
        plain.step(actions)
        told.step(actions)
    assert [plain.run(r).digest() for r in range(3)] == [told.run(r).digest() for r in range(3)]


def test_interpreted_equals_compiled() -> None:
    both = [DispatchEpisodes(SCENARIO, 1, history=True, interpreted=interpreted) for interpreted in (False, True)]
    for episodes in both:
        episodes.restart([0], [5])
    for _ in range(100):
        np.testing.assert_array_equal(both[0].observations.vms, both[1].observations.vms)
        for episodes in both:
            episodes.step(episodes.advise("gittins_learned"))


def test_numbers() -> None:
    """Nothing is seen at first; later VMs of a label count those that are done, and the highest promise is Gittins' choice."""
    episodes = DispatchEpisodes(SCENARIO, 1, history=True)
    episodes.restart([0], [4])
    assert not episodes.observations.vms[0, :, AT_WITH_HISTORY.seen].any()
    for _ in range(10_000):
        rows, legal = episodes.observations.vms[0], episodes.observations.action_mask[0, :-1] == 1
        assert ((rows >= -1) & (rows <= 1)).all()
        pick = int(episodes.advise("gittins_learned")[0])
        if legal.any():
            assert rows[pick, AT_WITH_HISTORY.promise] == rows[legal, AT_WITH_HISTORY.promise].max()
        episodes.step(np.array([pick]))
        if episodes.terminated[0]:
            break
        done = int(episodes.runs.run[0, c.NUM_DONE])
        seen = {}
        for i in np.flatnonzero(episodes.runs.front[0, :, c.STATUS] != c.EMPTY):
            value = float(episodes.observations.vms[0, i, AT_WITH_HISTORY.seen])
            seen[int(episodes.runs.slots[0, i, c.TENANT]) % 4] = 4.0 * value / (1.0 - value)
        assert sum(seen.values()) <= done + 1e-3
    assert episodes.terminated[0]
    assert done > 0
    assert AT_WITH_HISTORY.expected_left < NUM_HISTORY


def test_what_cannot_go_together() -> None:
    with pytest.raises(SpecError, match="clairvoyant and history"):
        DispatchEpisodes(SCENARIO, 1, clairvoyant=True, history=True)
    episodes = DispatchEpisodes(SCENARIO, 1, history=True)
    episodes.restart([0], [0])
    with pytest.raises(SpecError, match="ask it on episodes without history"):
        episodes.advise("gittins_told")
