"""overcommit: what makes it different from `backup`."""

from __future__ import annotations

import numpy as np
import pytest

from vmenv.dispatch.scenarios.backup import Backup
from vmenv.dispatch.scenarios.overcommit import Overcommit
from vmenv.dispatch.simulation import simulate_many
from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.seeds import EVALUATION_SEEDS
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.workload.combine import add_tasks

SEEDS = EVALUATION_SEEDS[:20]


def test_off_it_is_backup() -> None:
    """Without failing VMs and with room enough; images that cannot be compressed, as there is less to compress of a thin one."""
    roomy = {"pool_images": 200.0, "num_vms": 30, "load": 0.6, "compressible": 0.0}
    plain, thin = Backup(**roomy), Overcommit(failing=0.0, **roomy)
    for seed in SEEDS[:3]:
        one, other = (simulate_many(s.build_host(), [s.episode(seed)], "las", num_slots=s.num_slots)[0] for s in (plain, thin))
        vms = one.workload.is_vm
        assert other.added_mib == 0
        np.testing.assert_array_equal(one.completion_us[vms], other.completion_us[vms])


def test_restores_are_about_the_part_of_vms_that_fails() -> None:
    scenario = Overcommit(failing=0.5, num_vms=200)
    work = scenario.episode(0)
    restores = np.flatnonzero(work.kind == c.RESTORE)
    assert 70 < len(restores) < 130  # 100 +- 7 (one standard deviation); 30 off is four of them
    assert len(set(work.target[restores])) == len(restores)
    assert (work.arrival_us[restores] >= work.arrival_us[work.target[restores]]).all()
    assert add_tasks(work, c.RESTORE, [], []) is work


def test_more_get_in_than_thick() -> None:
    """In a pool of four images as in `backup`, VMs wait for room for their images: 25 in place of .64 was measured."""
    thick = Backup(load=0.8, num_vms=60, pool_images=4.0)
    costs = [np.mean([row["slowdown_and_lateness"] for row in evaluate("tsrr", s, SEEDS)]) for s in (thick, Overcommit(failing=0.0))]
    assert costs[0] > 5 * costs[1]


def test_who_spreads_the_writes_fills_the_pool() -> None:
    """Round robin lets all VMs write a little, until nobody can go on; in order of arrival one after the other takes what it needs."""
    scenario = Overcommit(pool_images=3.0)
    works = [scenario.episode(seed) for seed in EVALUATION_SEEDS]
    added = {
        name: sum(run.added_mib for run in simulate_many(scenario.build_host(), works, name, num_slots=scenario.num_slots))
        for name in ("tsrr", "fcfs")
    }
    assert added["fcfs"] == 0
    assert added["tsrr"] > 0


def test_values_that_are_refused() -> None:
    with pytest.raises(SpecError, match="failing is 2"):
        Overcommit(failing=2.0)
    with pytest.raises(SpecError, match=r"2\.5 images or more"):
        Overcommit(pool_images=2.0)
