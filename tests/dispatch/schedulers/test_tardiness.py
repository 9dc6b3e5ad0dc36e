"""Rules of tardiness: keys by hand, the known rules that they become at the ends of their parameters, and what they are worth."""

from __future__ import annotations

from math import exp, log
from typing import Any

import numpy as np
import pytest

from vmenv.dispatch.loop.experience import INDEX
from vmenv.dispatch.loop.view import HostView, VmView
from vmenv.dispatch.schedulers._tardiness import NO_DEADLINE
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.schedulers import make_scheduler
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.workload import Workload

QUANTUM_US, INDEX_A_QUANTUM = 10, 0.5  # of every label and service: 20 us are expected to be left
MEMORY = np.zeros(c.NUM_RUN_MEMORY)
MEMORY[INDEX:] = INDEX_A_QUANTUM
HOST = HostView(
    **dict.fromkeys(HostView._fields, None)
    | {"now_us": 1_000, "quantum_us": QUANTUM_US, "capacity": np.array([2_000]), "run_memory": MEMORY}
)
# Deadline at 1,050: slack is 50 less the 20 that are expected to be left. A quarter of the CPU, weight 3, service of three quanta.
VM = VmView(
    **dict.fromkeys(VmView._fields, 0)
    | {"arrival_us": 900, "slo_us": 150, "weight": 3, "cpu_millicores": 500, "attained_us": 30, "queue_place": 9}
)
VALUE = log(3) + log(0.05) + log(4)  # weight x index a us / CPU share
LATE = VM._replace(slo_us=60)  # deadline at 960: 40 ago, slack -60


@pytest.mark.parametrize(
    ("name", "parameters", "vm", "key"),
    [
        ("atc", {"lookahead": 0.1}, VM, (30 / 15 - VALUE, 9)),
        ("atc", {"lookahead": 0.1, "margin": 0}, VM, (50 / 15 - VALUE, 9)),
        ("atc", {"lookahead": 0.2}, VM, (30 / 30 - VALUE, 9)),
        ("atc", {"lookahead": 0.1, "index_power": 2}, VM, (2 - VALUE - log(0.05), 9)),
        ("atc", {"lookahead": 0.1, "demand_power": 0}, VM, (2 - VALUE + log(4), 9)),
        ("atc", {"lookahead": 0.1, "attained_power": 2}, VM, (2 - VALUE + 2 * log(1 + 3), 9)),
        ("atc", {"lookahead": 0.1}, LATE, (-VALUE, 9)),
        ("atc", {"lookahead": 0.1, "late_bonus": -5}, LATE, (5 - VALUE, 9)),
        ("atc", {"lookahead": 0.1, "late_bonus": -5}, VM, (2 - VALUE, 9)),
        ("atc", {}, VM._replace(slo_us=0), (NO_DEADLINE, -VALUE)),
        ("covert", {"lookahead": 0.8}, VM, (-exp(VALUE) * 0.75, 30)),
        ("covert", {"lookahead": 0.1, "floor": 0.125}, VM, (-exp(VALUE) * 0.125, 30)),
        ("covert", {"lookahead": 0.1, "floor": 0}, VM, (0, 30)),
        ("covert", {"lookahead": 0.1}, LATE, (-exp(VALUE), -60)),
        ("covert", {"floor": 0.5}, VM._replace(slo_us=0), (-exp(VALUE) / 2, NO_DEADLINE)),
        ("critical_ratio", {}, VM, (50 / 20, 9)),
        ("critical_ratio", {}, LATE, (-40 / 20, 9)),
        ("critical_ratio", {"weight_power": 1}, VM, (50 / 20 / 3, 9)),
        ("critical_ratio", {"weight_power": 1, "demand_power": 1, "attained_power": 1}, LATE, (-2 * 3 * 4 / 4, 9)),
        ("critical_ratio", {}, VM._replace(slo_us=0), (NO_DEADLINE, 9)),
    ],
)
def test_keys_by_hand(name: str, parameters: dict[str, Any], vm: VmView, key: tuple[float, float]) -> None:
    scheduler = make_scheduler(name, **parameters)
    assert scheduler.key(vm, HOST, scheduler.params(0)) == pytest.approx(key, rel=1e-9)


def digest(name: str, slo_us: int | list[int], **parameters: Any) -> str:
    """Returns what a scheduler does with 60 VMs of three tenants, weights 1, without pre-emption."""
    rng = np.random.default_rng(7)
    tenant = rng.integers(0, 3, 60)
    sizes = 1 + (rng.exponential(100, 60) * (1 + 9 * tenant)).astype(np.int64)
    work = Workload.from_arrays(np.sort(rng.integers(0, 20_000, 60)), sizes, tenant=tenant, slo_us=slo_us)
    return simulate(Host(quantum_us=50, preempt="none"), work, make_scheduler(name, **parameters)).digest()


def test_what_is_late_is_served_by_the_index() -> None:
    """With all deadlines past from the beginning and weights and demands alike, ATC and COVERT are the learned Gittins index."""
    same = digest("gittins_learned", 1)
    assert digest("atc", 1, late_bonus=3.0) == same
    assert digest("covert", 1) == same
    assert digest("fcfs", 1) != same


def test_with_a_short_look_ahead_it_is_the_earliest_deadline() -> None:
    """COVERT without a floor by its second key; ATC, whose look-ahead is a part of the objective, where all have the same."""
    short = {"lookahead": 1e-12, "margin": 0}
    slo_us = np.random.default_rng(8).integers(10**6, 10**7, 60).tolist()
    assert digest("covert", slo_us, floor=0, **short) == digest("edf", slo_us)
    assert digest("fcfs", slo_us) != digest("edf", slo_us)
    assert digest("atc", 10**7, **short) == digest("edf", 10**7)
    assert digest("gittins_learned", 10**7) != digest("edf", 10**7)


@pytest.mark.parametrize("name", ["atc", "covert"])
def test_look_aheads_are_checked(name: str) -> None:
    with pytest.raises(SpecError, match="lookahead is 0"):
        make_scheduler(name, lookahead=0)


def test_what_they_are_worth_on_tenants() -> None:
    """On frozen episodes, so without chance: each beats the earliest deadline and the learned index, which it is made of."""
    cost = {
        name: np.mean([row["weighted_tardiness_us"] for row in evaluate(name, "tenants", range(30))])
        for name in ("atc", "covert", "critical_ratio", "edf", "gittins_learned")
    }
    for name in ("atc", "covert", "critical_ratio"):
        assert cost[name] < 0.9 * min(cost["edf"], cost["gittins_learned"]), cost
