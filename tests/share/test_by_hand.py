"""What is observed of the share model, and what its metrics say, worked out by hand from the tables and docstrings."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest

from vmenv.host.spec import Disk, Host, Nic
from vmenv.host.state import Ints
from vmenv.share.episodes import ShareEpisodes, weights_of
from vmenv.share.observation import host_features, vm_features
from vmenv.share.run import ShareRun
from vmenv.share.scenario import vcpu_limits
from vmenv.share.scenarios.host import OwnShareHost
from vmenv.share.scheduler import Seen
from vmenv.workload import Phase, Workload

HOST = Host(cpus=2, disks=(Disk(bandwidth_kib_s=100),), nics=(Nic(bandwidth_kib_s=50),))


class Vcpus(OwnShareHost):
    """A VM can use a pCPU for each unit of its weight."""

    def limits(self, workload: Workload) -> Ints:
        return vcpu_limits(workload)


def begin(work: Workload, host: Host = HOST, kind: type[OwnShareHost] = Vcpus, **parameters: Any) -> ShareEpisodes:
    given = {"num_slots": work.num_vms + 1, "interval_us": 10, "spare": "idle"} | parameters
    episodes = ShareEpisodes(kind(host=host, workload=work, **given), 1, interpreted=True)
    episodes.restart([0], [0])
    return episodes


def observed(episodes: ShareEpisodes, slot: int = 0) -> dict[str, float]:
    """Returns the features of a slot and of the host, by name."""
    of_host = zip((f"host_{name}" for name in host_features(HOST)), episodes.observations.host[0].tolist(), strict=True)
    return dict(zip(vm_features(), episodes.observations.vms[0, slot].tolist(), strict=True)) | dict(of_host)


def finish(episodes: ShareEpisodes) -> ShareRun:
    while not (episodes.terminated[0] or episodes.truncated[0]):
        episodes.step(episodes.some_actions())
    return episodes.run(0)


def test_what_is_remembered_of_a_demand() -> None:
    """A VM of one vCPU, alone on two pCPUs: it wants 400, 1,200 and nothing, of which it can use 1,000 at the most.

    short: 400, + 800 / 4 = 600, - 600 / 4 = 450. long: 400, + 800 / 32 = 425, - 425 / 32 = 411.71875. swing: 0, 800 / 8 = 100, + (1,200 -
    100) / 8 = 237.5. peak: 400, 1,200, less a sixteenth, 1,125.
    """
    work = Workload.from_phases([0], [[Phase(10, 400, 0, 36, 8), Phase(10, 1200), Phase(10, 0), Phase(10, 0)]], weight=[1])
    episodes = begin(work)
    expected = {
        "present": [1, 1, 1],
        "size": [sqrt(0.5)] * 3,
        "weight": [1 / 5] * 3,
        "age": [1 / 17, 2 / 18, 3 / 19],
        "cpu_now": [sqrt(0.2), sqrt(0.6), 0],
        "cpu_missed": [0, sqrt(0.1), 0],
        "cpu_short": [sqrt(0.2), sqrt(0.3), sqrt(0.225)],
        "cpu_long": [sqrt(0.2), sqrt(425 / 2000), sqrt(411.71875 / 2000)],
        "cpu_swing": [0, sqrt(0.05), sqrt(237.5 / 2000)],
        "cpu_peak": [sqrt(0.2), sqrt(0.6), sqrt(1125 / 2000)],
        "disk_now": [sqrt(0.36), 0, 0],
        "net_now": [sqrt(0.16), 0, 0],
        "host_present": [1 / 2] * 3,
        "host_cpu_demand": [0.2 / 1.2, 0.6 / 1.6, 0],
        "host_cpu_lost": [0, 0.1 / 1.1, 0],
        "host_disk0_demand": [0.36 / 1.36, 0, 0],
        "host_nic0_demand": [0.16 / 1.16, 0, 0],
        "host_cpu_backlog": [0, 0, 0],
    }
    assert set(observed(episodes).values()) <= {0.0, np.float32(sqrt(0.5)), np.float32(1 / 5), 1.0, 0.5}, "nothing is past yet"
    for k in range(3):
        episodes.step(np.ones((1, 2)))
        seen = observed(episodes)
        assert {name: seen[name] for name in expected} == pytest.approx({name: values[k] for name, values in expected.items()}, rel=1e-6)


def test_what_waits_is_observed_and_asked_for_again() -> None:
    """A VM of one vCPU wants two pCPUs for 10 us: 10,000 wait, half of what the CPU does in an interval. Heuristics see 2,000 + 1,000."""
    work = Workload.from_phases([0], [[Phase(10, 2000), Phase(10, 0)]], weight=[1])
    episodes = begin(work, unmet="queued", objective="backlog_us")
    episodes.step(np.ones((1, 2)))
    seen = observed(episodes)
    assert seen["cpu_backlog"] == seen["host_cpu_backlog"] == np.float32(0.5 / 1.5)
    assert seen["cpu_missed"] == np.float32(sqrt(0.5))
    assert Seen.read(episodes.runs).asks[0, 0].tolist() == [3000, 0, 0]
    run = finish(episodes)
    assert run.completion_us.tolist() == [20]
    assert run.lost.sum() == 0
    # It grows to 5 us to drain in the first interval, as counted at its end, and is gone in the second: 5 x 10 / 20.
    assert run.metrics()["backlog_us"] == 2.5


def test_rates_above_the_whole_device_are_shown_as_1() -> None:
    work = Workload.from_phases([0], [[Phase(10, 5000), Phase(10, 0)]], weight=[2])
    episodes = begin(work)
    episodes.step(np.ones((1, 2)))
    assert observed(episodes)["cpu_now"] == 1.0


def test_a_slot_is_empty_when_its_vm_has_left() -> None:
    work = Workload.from_phases([0, 0], [[Phase(10, 500)], [Phase(30, 500)]])
    episodes = begin(work)
    episodes.step(np.ones((1, 3)))
    assert not any(episodes.observations.vms[0, 0])
    assert episodes.observations.vms[0, 1].any()


def test_limits_are_those_of_the_vms_in_whatever_order_they_are_listed() -> None:
    """Of the first to come, which is listed last, one vCPU counts; of the other, two."""
    work = Workload.from_arrays([5, 0], [10, 10], cpu_millicores=[2000, 2000], weight=[2, 1])
    episodes = begin(work)
    assert observed(episodes)["size"] == np.float32(sqrt(0.5))


@pytest.mark.parametrize("spare", ["idle", "shared"])
def test_nobody_uses_more_than_its_vcpus(spare: str) -> None:
    """A VM of one vCPU, alone on two pCPUs, wants 1,500 millicores: a third of that is lost, of its disk nothing."""
    run = finish(begin(Workload.from_arrays([0], [10], cpu_millicores=1500, disk_kib_s=30, weight=[1]), spare=spare))
    assert run.granted[0, 0] == 10 * 1000
    assert run.lost[0].tolist() == [10 * 500, 0, 0]


def test_an_interval_ends_at_the_horizon() -> None:
    run = finish(begin(Workload.from_arrays([0], [100], cpu_millicores=500), horizon_us=25))
    assert (run.clock_us, run.num_decisions, run.granted[0, 0]) == (25, 3, 25 * 500)


def test_caps_are_set_anew_when_somebody_comes() -> None:
    """VM 0 has both pCPUs for 4 us, and a half of them from then on; what it may have is set when VM 1 comes, in mid interval."""
    work = Workload.from_arrays([0, 4], [10, 6], cpu_millicores=[2000, 2000], weight=[2, 2])
    assert finish(begin(work)).granted[:, 0].tolist() == [4 * 2000 + 6 * 1000, 6 * 1000]


# --- metrics ----------------------------------------------------------------------------------------------------------------------------


def test_steal_is_of_the_cpu_and_unmet_of_all_devices() -> None:
    """One pCPU and caps of a half: VM 0 wants 1,000 and loses 500, VM 1 has all of its 500."""
    work = Workload.from_phases([0, 0], [[Phase(10, 1000)], [Phase(10, 500)]])
    metrics = finish(begin(work, Host(), OwnShareHost)).metrics()
    assert {name: metrics[name] for name in ("steal_us", "unmet_us", "active_us", "idle_us")} == {
        "steal_us": 5,
        "unmet_us": 5,
        "active_us": 10,
        "idle_us": 0,
    }
    assert metrics["worst_steal"] == 0.5
    assert metrics["jain"] == pytest.approx((0.5 + 1) ** 2 / (2 * (0.25 + 1)))


def test_a_disk_that_is_full_is_no_steal() -> None:
    """A VM wants twice the disk and no CPU: half of it is lost, as much as the disk does in the 10 us. Nobody demanded the CPU."""
    run = finish(begin(Workload.from_arrays([0], [10], cpu_millicores=0, disk_kib_s=200)))
    metrics = run.metrics()
    expected = {"steal_us": 0, "unmet_us": 10, "active_us": 0, "idle_us": 10, "worst_steal": 0, "jain": 1}
    assert {name: metrics[name] for name in expected} == expected


@pytest.mark.parametrize(("objective", "reward"), [("steal_us", -0.05), ("unmet_us", -0.05 - 1.0)])
def test_rewards_are_in_intervals(objective: str, reward: float) -> None:
    """Of 2,100 millicores 100 are lost, a twentieth of the CPU's interval; of twice the disk, which another VM wants, all that it does."""
    work = Workload.from_phases([0, 0], [[Phase(10, 2100)], [Phase(10, 0, 0, 200)]], weight=[2, 1])
    episodes = begin(work, spare="shared", objective=objective)
    episodes.step(np.ones((1, 3)))
    assert episodes.rewards[0] == pytest.approx(reward)


def test_empty_time_counts_as_idle() -> None:
    run = finish(begin(Workload.from_arrays([7], [10], cpu_millicores=500)))
    assert run.metrics()["idle_us"] == 7 + 10 * 0.75


def test_a_weight_is_a_whole_number_from_1_on() -> None:
    """0 means 1 of 10,000: nobody is shut out."""
    assert weights_of([0.0, 0.25, 1.0]).tolist() == [1, 2501, 10_000]
