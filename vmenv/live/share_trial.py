"""Shares from the simulator to the machine: real guests of one core, whose shares a policy sets each interval, beside what is predicted.

The share model has no unit of its own: a host of 16 cores and an interval of five minutes become one core and half a second, and every
demand the same part of both. A guest that demands a rate for a time is given, when that time begins, the work that the rate makes of it,
and what it has not done at the end is lost or waits, as the scenario says. In the model that comes to the same as to demand it all along,
under quotas and under weights: who has less than his share waits for nobody.

What a guest has had is written into the books in place of the model's grants, and the policy sees the books.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmenv.errors import SpecError
from vmenv.host import columns as h
from vmenv.host.columns import CPU, NUM_USES
from vmenv.host.state import Floats, Ints
from vmenv.live.driver import Driver, Share
from vmenv.share import columns as c
from vmenv.share.dynamics import close_interval, open_interval, serve, share_out, skip_empty_time
from vmenv.share.episodes import ShareEpisodes, weights_of
from vmenv.share.observation import observe
from vmenv.share.play import decides, play
from vmenv.share.run import ShareRun
from vmenv.share.scenario import ShareScenario
from vmenv.share.state import State, one

WORK_US = 3600 * 10**6  # of a guest before it is given other work; more than it ever does
LEAST_CAP = 1e-6  # of who has none


@dataclass(frozen=True, kw_only=True, eq=False)
class ShareTrial:
    """One episode under one policy, played once.

    Attributes:
        policy: Its name.
        objective: Of the scenario.
        outcome: What the books say of the real guests.
        predicted: What the simulator says of the same episode.
        asked: (K,) parts of the core that guests which demanded something were to have, one for each guest and time between two borders:
            what the model gives for the same weights and demands.
        got: (K,) what they had.
        held: (K,) whether they demanded more than they were to have.
        wall_s: How long it took on the wall.
    """

    policy: str
    objective: str
    outcome: ShareRun
    predicted: ShareRun
    asked: Floats
    got: Floats
    held: NDArray[np.bool_]
    wall_s: float

    @property
    def missed_points(self) -> Floats:
        """(K,) by how much what they had is not what they were to have, in percentage points of the core."""
        return np.asarray(100 * np.abs(self.got - self.asked))

    @property
    def costs(self) -> tuple[float, float]:
        """The objective, measured and predicted."""
        return self.outcome.metrics()[self.objective], self.predicted.metrics()[self.objective]


def play_shares(driver: Driver, scenario: ShareScenario, seed: int, name: str, policy: Any, interval_us: int) -> ShareTrial:
    """Plays an episode on real guests, and lets it be predicted.

    Args:
        driver: What makes the guests; all that this makes are gone afterwards.
        scenario: Of shares; its VMs demand nothing but the CPU.
        seed: Of the episode.
        name: Of the policy.
        policy: A heuristic of shares, or a learned policy.
        interval_us: What an interval of the scenario takes on the wall.

    Raises:
        ActionError: The driver cannot.
        SpecError: The guests cannot do what the VMs of the scenario do, or it is no policy of shares.
        SimulationError: A guest has ended.
    """
    driver.check_can("set_shares")
    decide = decides(policy)
    episodes = ShareEpisodes(scenario, 1, interpreted=True)
    episodes.restart([0], [seed])
    s = one(episodes.runs, 0)
    check_demands(s)
    guests, going = _Guests(driver, s, interval_us / scenario.interval_us), np.array([True])
    began = time.monotonic()
    try:
        while s.run[c.STATE] == h.GOING:
            s.filling.weights[:] = weights_of(decide(episodes, going))[0]
            _pass_interval(s, guests.run)
            skip_empty_time(s)
            observe(s, episodes.observations.vms[0], episodes.observations.host[0])
    finally:
        guests.end()
    return ShareTrial(
        policy=name,
        objective=scenario.objective,
        outcome=episodes.run(0),
        predicted=play(policy, scenario, [seed])[0],
        asked=np.array(guests.asked),
        got=np.array(guests.got),
        held=np.array(guests.held, bool),
        wall_s=time.monotonic() - began,
    )


def play_all(
    driver: Driver,
    scenario: ShareScenario,
    seed: int,
    policies: Mapping[str, Any],
    repetitions: int,
    interval_us: int,
    tell: Callable[[ShareTrial], object],
) -> list[ShareTrial]:
    """Plays every policy so often, in turns, so that what changes on the machine meanwhile is shared by all of them."""
    trials = []
    for _ in range(repetitions):
        for name, policy in policies.items():
            trials.append(play_shares(driver, scenario, seed, name, policy, interval_us))
            tell(trials[-1])
    return trials


def check_demands(s: State) -> None:
    """Checks that real guests can demand what the VMs of a run do: the CPU alone.

    Raises:
        SpecError: They cannot.
    """
    if any(s.phases[:, u].any() for u in range(NUM_USES) if u != CPU):
        raise SpecError("the VMs of this scenario demand disk or network: a real guest burns CPU time only, give a scenario without")


def _pass_interval(s: State, run: Callable[[int], None]) -> None:
    """See `vmenv.share.dynamics.pass_interval`; `run` replaces the grants by what real guests had, given the time to the next border."""
    start, changed = int(s.run[c.CLOCK_US]), True
    end = open_interval(s)
    while s.run[c.STATE] == h.GOING and s.run[c.CLOCK_US] < end:
        length_us = share_out(s, end, changed)
        run(length_us)
        changed = serve(s, length_us)
    close_interval(s, start)


class _Guests:
    """The guests of a run, by VM."""

    def __init__(self, driver: Driver, s: State, scale: float) -> None:
        self._driver, self._s, self._scale = driver, s, scale
        self._guests: dict[int, int] = {}
        self.asked: list[float] = []
        self.got: list[float] = []
        self.held: list[bool] = []

    def run(self, length_us: int) -> None:
        """Lets the guests run for the time to the next border, and writes what they had in place of the grants of the CPU."""
        s, driver = self._s, self._driver
        capacity, asks, grants = int(s.filling.capacity[CPU]), s.filling.asks[:, CPU], s.filling.grants[:, CPU]
        wall_us = max(1, round(length_us * self._scale))
        slots = [i for i in range(len(s.slots)) if s.slots[i, c.VM] != h.NOBODY and asks[i] > 0]
        self._make_those_of(set(s.slots[:, c.VM].tolist()) - {h.NOBODY})
        guests = {i: self._guests[int(s.slots[i, c.VM])] for i in slots}
        driver.set_shares({guest: self._share(i, capacity) for i, guest in guests.items()})
        for i, guest in guests.items():
            driver.give_work(guest, max(1, round(asks[i] / capacity * wall_us)))
        with driver.on_time():
            came = driver.run_together(list(guests.values()), wall_us)
        used_us = np.array([came[guests[i]].used_us for i in slots], np.float64)
        took_us = max(wall_us, used_us.sum())  # that all stand takes a while in which some still run
        self.asked += (grants[slots] / capacity).tolist()
        self.held += (grants[slots] < asks[slots]).tolist()
        self.got += (used_us / took_us).tolist()
        had = [
            asks[i] if came[guests[i]].done else min(asks[i], int(capacity * us / took_us)) for i, us in zip(slots, used_us, strict=True)
        ]
        grants[slots] = _within(np.array(had, np.int64), capacity)

    def _share(self, i: int, capacity: int) -> Share:
        idles = self._s.host[c.SPARE] == c.SPARE_IDLE
        cap = min(1.0, max(LEAST_CAP, self._s.caps[i, CPU] / capacity)) if idles else 1.0
        return Share(int(self._s.filling.weights[i]), cap)

    def _make_those_of(self, vms: set[int]) -> None:
        for vm in [vm for vm in self._guests if vm not in vms]:
            self._driver.destroy(self._guests.pop(vm))
        for vm in sorted(vms - set(self._guests)):
            self._guests[vm] = self._driver.create(WORK_US)

    def end(self) -> None:
        """Ends them."""
        self._make_those_of(set())


def _within(rates: Ints, capacity: int) -> Ints:
    """Returns rates that are no more than the capacity together: who is done with his work may have needed less time than expected."""
    total = int(rates.sum())
    return rates if total <= capacity else rates * capacity // total
