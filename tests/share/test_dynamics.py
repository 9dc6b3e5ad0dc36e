"""The interval dynamics: the published facts of steal time to the microsecond, cases by hand, conservation, equal digests in all modes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import hosts, workloads
from vmenv.host.spec import Disk, Host
from vmenv.share import columns as c
from vmenv.share.episodes import ShareEpisodes
from vmenv.share.invariants import check_invariants
from vmenv.share.run import ShareRun
from vmenv.share.scenarios.host import OwnShareHost
from vmenv.share.state import one
from vmenv.workload import Phase, Workload

S = 1_000_000


def play(host: Host, work: Workload, weights: Any = 1.0, interpreted: bool = True, **parameters: Any) -> ShareRun:
    """Plays a workload under weights that stay the same, and checks the laws at every decision."""
    parameters = {"num_slots": work.num_vms} | parameters
    episodes = ShareEpisodes(OwnShareHost(host=host, workload=work, **parameters), 1, interpreted=interpreted)
    episodes.restart([0], [0])
    action = np.broadcast_to(weights, (1, episodes.scenario.num_slots))
    total = 0.0
    while not (episodes.terminated[0] or episodes.truncated[0]):
        assert not check_invariants(one(episodes.runs, 0))
        episodes.step(action)
        total += float(episodes.rewards[0])
    assert not check_invariants(one(episodes.runs, 0))
    run = episodes.run(0)
    counted = run.metrics()[episodes.scenario.objective] * (run.clock_us if episodes.scenario.unmet == "queued" else 1)
    unit = episodes.scenario.interval_us ** (2 if episodes.scenario.unmet == "queued" else 1)
    assert -total * unit == pytest.approx(counted, rel=1e-9)
    return run


def mhz(*demands: int) -> list[Phase]:
    """Returns 300 s at each demand. A core of 3,200 MHz is 16 of our pCPUs: a MHz is 5 millicores."""
    return [Phase(300 * S, 5 * demand) for demand in demands]


CORE = Host(cpus=16)


@pytest.mark.parametrize("spare", ["idle", "shared"])
@pytest.mark.parametrize(
    ("vms", "active_us", "idle_us", "steal_us"),
    [
        ([(28, 3500, 0, 183)], 319_781_250, 880_218_750, 28_125_000),
        ([(28, 3500, 0, 183), (28, 3100, 0, 73)], 329_250_000, 870_750_000, 318_750_000),
    ],
)
def test_steal_time_of_one_core(vms: list[tuple[int, ...]], active_us: int, idle_us: int, steal_us: int, spare: str) -> None:
    """Published as 319,781 / 880,219 / 28,125 ms and 329,250 / 870,750 / 318,750 ms; in microseconds they are whole."""
    work = Workload.from_phases([0] * len(vms), [mhz(*demands) for demands in vms])
    for interval_us in (300 * S, 70 * S):
        run = play(CORE, work, interval_us=interval_us, spare=spare)
        amounts = [int(run.devices[0, column]) for column in (c.DEV_GRANTED, c.DEV_IDLE, c.DEV_LOST)]
        assert amounts == [16_000 * time_us for time_us in (active_us, idle_us, steal_us)]
        metrics = run.metrics()
        assert [metrics[name] for name in ("active_us", "idle_us", "steal_us")] == [active_us, idle_us, steal_us]


def test_an_idle_share_is_lost_and_a_shared_one_is_not() -> None:
    """One pCPU, VM 0 wants 900, VM 1 wants 300, equal weights. Under caps of 500 each: 500 and 300. Shared: 700 and 300."""
    work = Workload.from_phases([0, 0], [[Phase(10, 900)], [Phase(10, 300)]])
    assert play(Host(), work, interval_us=10, spare="idle").granted[:, 0].tolist() == [5000, 3000]
    assert play(Host(), work, interval_us=10, spare="shared").granted[:, 0].tolist() == [7000, 3000]
    # Weights of 3 to 1 (7,500 and 2,501): caps of 750 and 250. VM 0 loses 150 x 10 us, VM 1 50 x 10 us.
    run = play(Host(), work, weights=[[0.75, 0.25]], interval_us=10, spare="idle")
    assert run.lost[:, 0].tolist() == [1500, 500]


def test_a_vm_that_comes_into_an_interval_gets_its_part_at_once() -> None:
    work = Workload.from_phases([0, 4], [[Phase(10, 1000)], [Phase(6, 1000)]])
    run = play(Host(), work, interval_us=10, spare="idle")
    assert run.granted[:, 0].tolist() == [4 * 1000 + 6 * 500, 6 * 500]


def test_backlog_is_served_later() -> None:
    """One pCPU, two VMs of 1,000 for 10 us: each has 5,000 waiting at 10, and both have it by 20. Capacity x time of both: 20,000."""
    work = Workload.from_arrays([0, 0], [10, 10])
    run = play(Host(), work, interval_us=5, unmet="queued", objective="backlog_us")
    assert run.completion_us.tolist() == [20, 20]
    assert run.granted[:, 0].tolist() == [10_000, 10_000]
    # Backlog of both, as time to drain, at the ends of the intervals: 5, 10, 5, 0, each counted for the 5 us before.
    assert run.waited_us2 == 5 * (5 + 10 + 5 + 0)


def test_a_full_disk_slows_the_whole_vm() -> None:
    """VM 0 wants 400 of CPU and 50 of a disk of 25: half of both."""
    work = Workload.from_phases([0], [[Phase(10, 400, 0, 50)]])
    run = play(Host(disks=(Disk(bandwidth_kib_s=25),)), work, interval_us=10)
    assert run.granted[0].tolist() == [2000, 250, 0]


def test_vms_wait_for_a_slot_with_their_phases() -> None:
    work = Workload.from_phases([0, 1, 1], [[Phase(10, 100)], [Phase(5, 100)], [Phase(5, 100)]])
    run = play(Host(), work, num_slots=2, interval_us=4)
    assert run.admission_us.tolist() == [0, 1, 6]
    assert run.completion_us.tolist() == [10, 6, 11]


def test_the_horizon_cuts_and_empty_time_is_skipped() -> None:
    work = Workload.from_phases([7, 500], [[Phase(10, 100)], [Phase(100, 100)]])
    run = play(Host(), work, interval_us=20, horizon_us=545)
    assert run.clock_us == 545
    assert run.num_decisions == 1 + 3  # 7 to 27, 500 to 520, 540, 545
    assert run.granted[:, 0].tolist() == [1000, 4500]


# --- all modes --------------------------------------------------------------------------------------------------------------------------

kinds = st.fixed_dictionaries(
    {"interval_us": st.integers(1, 40), "num_slots": st.integers(1, 8), "horizon_us": st.sampled_from([None, 37])}
)
modes = st.sampled_from(
    [{"spare": s, "unmet": u, "objective": o} for s in ("idle", "shared") for u, o in (("lost", "unmet_us"), ("queued", "backlog_us"))]
)


@given(hosts(), workloads(), kinds, modes, st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_amounts_are_conserved_and_both_modes_are_equal(host: Host, work: Workload, kind: Any, mode: Any, seed: int) -> None:
    digests, seen = [], []
    for interpreted in (True, False):
        rng = np.random.default_rng(seed)
        episodes = ShareEpisodes(OwnShareHost(host=host, workload=work, **kind, **mode), 1, interpreted=interpreted)
        episodes.restart([0], [0])
        while not (episodes.terminated[0] or episodes.truncated[0]):
            assert not check_invariants(one(episodes.runs, 0))
            episodes.step(rng.random((1, kind["num_slots"])))
            seen.append((episodes.observations.vms.tolist(), episodes.observations.host.tolist(), episodes.rewards.tolist()))
        assert not check_invariants(one(episodes.runs, 0))
        digests.append(episodes.run(0).digest())
    assert digests[0] == digests[1]
    assert seen[: len(seen) // 2] == seen[len(seen) // 2 :]


def test_a_batch_equals_its_runs() -> None:
    works = [Workload.from_phases([0, 3 * k], [[Phase(20, 700), Phase(9 + k, 200)], [Phase(30, 800, 0, 50)]]) for k in range(20)]

    def scenario(work: Any) -> OwnShareHost:
        return OwnShareHost(host=Host(), workload=work, num_slots=3, interval_us=7, spare="idle")

    rng = np.random.default_rng(0)
    actions = rng.random((40, 20, 3))
    count = iter(works)
    batch = ShareEpisodes(scenario(lambda _: next(count)), 20)
    batch.restart(range(20), range(20))
    for action in actions:
        batch.step(action)
    assert batch.terminated.all()
    for r, work in enumerate(works):
        alone = ShareEpisodes(scenario(work), 1)
        alone.restart([0], [0])
        for action in actions:
            alone.step(action[r : r + 1])
        assert alone.run(0).digest() == batch.run(r).digest()
