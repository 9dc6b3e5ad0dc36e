"""The batch: what it observes is what a fresh look would see, and neither cores nor kept episodes change anything."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import hosts, workloads
from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.observation import allocate_observations, observe, one_observation
from vmenv.dispatch.scenarios.host import OwnHost
from vmenv.episodes.exchange import BEGIN, PASS
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.seeds import FIRST_TRAINING_SEED
from vmenv.errors import ActionError, SimulationError
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.host.state import one
from vmenv.jit import threads as team
from vmenv.workload import Workload


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    host=hosts(),
    work=workloads(),
    num_slots=st.integers(1, 20),
    clairvoyant=st.booleans(),
    choices=st.lists(st.integers(0, 10**6), min_size=1, max_size=40),
)
def test_kept_up_to_date_is_written_anew(host: Host, work: Workload, num_slots: int, clairvoyant: bool, choices: Sequence[int]) -> None:
    scenario = OwnHost(host=host, workload=work, num_slots=num_slots)
    episodes = DispatchEpisodes(scenario, 1, clairvoyant=clairvoyant, interpreted=True)
    episodes.restart([0], [0])
    for step in range(80):
        s = one(episodes.runs, 0)._replace(run=episodes.runs.run[0].copy(), slots=episodes.runs.slots[0].copy())
        s.front[:, c.STALE] = c.STALE_ALL
        s.run[c.OBSERVED_US], s.run[c.OBSERVED_TOP] = -1, num_slots
        anew = allocate_observations(host, 1, num_slots, clairvoyant)
        observe(s, one_observation(anew, 0), float(scenario.time_scale_us))
        for kept, fresh in zip(episodes.observations, anew, strict=True):
            assert (kept == fresh).all()
        if episodes.terminated[0]:
            break
        legal = np.flatnonzero(episodes.observations.action_mask[0])
        episodes.step(legal[[choices[step % len(choices)] % len(legal)]])


def digests_after(num_steps: int, num_runs: int, **options: int) -> list[str]:
    episodes = DispatchEpisodes(make_scenario("thrash", num_vms=12, num_slots=4), num_runs, **options)
    seeds = FIRST_TRAINING_SEED + np.arange(num_runs) % 5
    episodes.restart(range(num_runs), seeds)
    for _ in range(num_steps):
        over = np.flatnonzero(episodes.terminated)
        episodes.step(episodes.observations.action_mask.argmax(axis=1), over, seeds[over] + 1)
    return [episodes.run(r).digest() for r in range(num_runs)]


def test_number_of_threads_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    num_runs = 3 * DispatchEpisodes.least_part + 7
    results = []
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("VMENV_NUM_THREADS", threads)
        assert team.num_threads() == int(threads)
        results.append(digests_after(60, num_runs))
    assert results[0] == results[1] == results[2]


def test_kept_episodes_are_the_same_episodes() -> None:
    assert digests_after(120, 10) == digests_after(120, 10, num_kept=3) == digests_after(120, 10, num_kept=100)


@pytest.mark.parametrize("command", [BEGIN, PASS, -1, 5])
def test_commands_are_no_actions(command: int) -> None:
    episodes = DispatchEpisodes(make_scenario("thrash", num_vms=12, num_slots=4), 2)
    episodes.restart(range(2), [1, 2])
    before = [episodes.run(r).digest() for r in range(2)]
    with pytest.raises(ActionError, match="actions go from 0 to 4"):
        episodes.step(np.array([4, command]) if episodes.observations.action_mask[0, 4] else np.array([0, command]))
    assert [episodes.run(r).digest() for r in range(2)] == before
    assert episodes.clock_us.tolist() == episodes.runs.run[:, c.CLOCK_US].tolist()


def test_times_beyond_the_clock_stop_a_batch_until_it_begins_anew() -> None:
    """The VM takes too long: it is seen when the clock would get there, and told at every step from then on."""
    host = Host(preempt="none")

    def draw(rng: np.random.Generator) -> Workload:
        return Workload.from_arrays([1], [c.CLOCK_LIMIT_US])

    episodes = DispatchEpisodes(OwnHost(host=host, workload=draw, num_slots=4, objective="mean_slowdown"), 2)
    for _ in range(2):
        episodes.restart([0, 1], [1, 2])
        for _ in range(2):
            with pytest.raises(SimulationError, match="285 years"):
                episodes.step(episodes.observations.action_mask.argmax(axis=1))
