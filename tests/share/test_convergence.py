"""As its interval and the quantum of dispatch go to 0, shares and dispatch agree: both become processor sharing.

One pCPU, VMs that demand all of it. In dispatch a VM that is granted has the pCPU for a quantum, in turn; in shares it has its part of
every interval, and what it did not get yet waits.
"""

from __future__ import annotations

import numpy as np
import pytest

from vmenv.dispatch.simulation import simulate
from vmenv.episodes.schedulers import make_scheduler
from vmenv.host.spec import Host
from vmenv.host.state import Ints
from vmenv.share.episodes import WEIGHT_STEPS, ShareEpisodes
from vmenv.share.scenarios.host import OwnShareHost
from vmenv.workload import Workload

STEPS_US = (32_000, 8_000, 2_000, 500)


def shared(work: Workload, interval_us: int, weights: Ints) -> Ints:
    """Returns the completion times under shares in proportion to the weights; slot k has VM k."""
    scenario = OwnShareHost(
        host=Host(), workload=work, num_slots=work.num_vms, interval_us=interval_us, unmet="queued", objective="backlog_us"
    )
    episodes = ShareEpisodes(scenario, 1)
    episodes.restart([0], [0])
    action = (weights * 1_000 - 1) / (WEIGHT_STEPS - 1)  # whole thousands are exact
    while not episodes.terminated[0]:
        episodes.step(action[None])
    return episodes.run(0).completion_us


@pytest.mark.parametrize(("scheduler", "weights"), [("tsrr", [1] * 6), ("stride", [1, 4, 2, 1, 3, 2])])
def test_both_become_processor_sharing(scheduler: str, weights: list[int]) -> None:
    """The largest difference of a completion time is some steps' length, and so falls in proportion to it."""
    rng = np.random.default_rng(5)
    work = Workload.from_arrays(np.sort(rng.integers(0, 600_000, 6)), rng.integers(50_000, 900_000, 6), weight=weights)
    apart = []
    for step_us in STEPS_US:
        dispatched = simulate(Host(quantum_us=step_us), work, make_scheduler(scheduler)).completion_us
        apart.append(int(np.abs(shared(work, step_us, np.array(weights)) - dispatched).max()))
    assert apart[0] > 0, "they are not the same to begin with"
    for step_us, difference in zip(STEPS_US, apart, strict=True):
        assert difference <= 2 * work.num_vms * step_us
    assert apart[-1] <= apart[0] / 16


def test_shares_become_processor_sharing_in_closed_form() -> None:
    """VMs of 300 and 100 ms at 0: at half speed the second is done at 200, the first then has 200 left: 400."""
    work = Workload.from_arrays([0, 0], [300_000, 100_000])
    for interval_us in (10_000, 1_000):
        completion = shared(work, interval_us, np.array([1, 1]))
        assert (completion - [400_000, 200_000]).tolist() == [0, 0]
