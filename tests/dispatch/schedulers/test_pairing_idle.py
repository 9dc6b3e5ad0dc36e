"""Pairing that may idle: starts by hand, what it is at the ends of its parameters, and what it is worth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vmenv.dispatch.simulation import simulate
from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import make_scheduler
from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.workload import Workload

HOST = Host(cpus=2, quantum_us=1_000)
# Class 0 takes nine tenths from class 1 and it from class 0; VMs of class 1 among themselves get on, and those of class 0 half.
TABLE = [[500, 900], [900, 0]]


def completions(classes: list[int], name: str, **parameters: Any) -> list[int]:
    """Returns when VMs that are there from the beginning and need 100 each are done."""
    work = Workload.from_arrays([0] * len(classes), [100] * len(classes), vm_class=classes, contention=TABLE)
    return simulate(HOST, work, make_scheduler(name, **parameters), interpreted=True).completion_us.tolist()


@pytest.mark.parametrize(
    ("classes", "name", "parameters", "expected"),
    [
        # Together the two get two tenths done: 1,000 each. Alone one after the other.
        ([0, 1], "pairing", {}, [1000, 1000]),
        ([0, 1], "pairing_idle", {}, [100, 200]),
        ([0, 1], "pairing_idle", {"least_gain": -1.0}, [1000, 1000]),
        # Two of class 0 get one VM's work done together: a gain of 0 is enough by default, and too little above.
        ([0, 0], "pairing_idle", {}, [200, 200]),
        ([0, 0], "pairing_idle", {"least_gain": 0.1}, [100, 200]),
        # The first is chosen by its partner: VM 1 and VM 2 together, then VM 0.
        ([0, 1, 1], "pairing_idle", {}, [200, 100, 100]),
        # Pairing begins with the first of the queue, and what is good beside it is class 1 to none: the least harm is another of class 0.
        ([0, 1, 1], "pairing_idle", {"partner": 0.0}, [100, 200, 200]),
        # Two more of class 0 wait: the crowd outweighs the partner, 3 x log(3) + 1 > 3 x log(2) + 2, and pairs of class 0 get on at half.
        # At 200 one of class 0 is left, and the two of class 1 go first.
        ([0, 0, 0, 1, 1], "pairing_idle", {"crowd": 3.0}, [200, 200, 400, 300, 300]),
        ([0, 0, 0, 1, 1], "pairing_idle", {"crowd": 2.0}, [300, 300, 400, 100, 100]),
        # Nothing has been seen, and all pairs seem good: as in pairing, at first.
        ([0, 1], "pairing_idle_learned", {"tried_us": 1e9}, [1000, 1000]),
        # What is not seen is taken for bad: nobody starts beside another.
        ([0, 1], "pairing_idle_learned", {"unseen": 600.0}, [100, 200]),
    ],
)
def test_by_hand(classes: list[int], name: str, parameters: dict[str, float], expected: list[int]) -> None:
    assert completions(classes, name, **parameters) == expected


def test_the_learned_form_finds_out() -> None:
    """Quanta of 10: VM 0 and 1 are tried together once, and are kept apart from then on; all done in little more than 200."""
    host = Host(cpus=2, quantum_us=10)
    work = Workload.from_arrays([0, 0], [100, 100], vm_class=[0, 1], contention=TABLE)
    learned = simulate(host, work, make_scheduler("pairing_idle_learned", tried_us=1.0), interpreted=True)
    assert 200 < learned.completion_us.max() < 230


def test_without_a_least_gain_and_a_partner_it_does_what_pairing_does_on_one_class() -> None:
    """Where all VMs are alike there is nothing to choose: both give the same digest."""
    rng = np.random.default_rng(2)
    work = Workload.from_arrays(np.sort(rng.integers(0, 2_000, 30)), rng.integers(1, 200, 30), contention=[[100]])
    assert simulate(HOST, work, "pairing_idle").digest() == simulate(HOST, work, "pairing").digest()
    assert simulate(HOST, work, "pairing_idle_learned").digest() == simulate(HOST, work, "pairing_learned").digest()


def test_tried_us_is_checked() -> None:
    with pytest.raises(SpecError, match="tried_us is 0"):
        make_scheduler("pairing_idle_learned", tried_us=0)


def test_what_idling_is_worth_on_neighbours() -> None:
    """On frozen episodes, so without chance: told and learned, each costs less than its form that never idles."""
    scenario = make_scenario("neighbours")
    cost = {
        name: np.mean([row["mean_response_us"] for row in evaluate(name, scenario, range(30))])
        for name in ("pairing", "pairing_idle", "pairing_learned", "pairing_idle_learned")
    }
    assert cost["pairing_idle"] < cost["pairing"], cost
    assert cost["pairing_idle_learned"] < cost["pairing_learned"], cost
