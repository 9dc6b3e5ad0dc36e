"""Drain with sloped curves: by hand, and drain as its special case."""

from __future__ import annotations

import pytest

from vmenv.dispatch.simulation import simulate
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import make_scheduler
from vmenv.host.spec import Host
from vmenv.workload import Workload


@pytest.mark.parametrize(("running", "waiting", "most_small"), [(2, 4, 16), (0, 0, 3), (5, 2, 0)])
def test_without_slopes_it_is_drain(running: int, waiting: int, most_small: int) -> None:
    scenario = make_scenario("gang", num_vms=200)
    thresholds = {"running": running, "waiting": waiting, "most_small": most_small}
    for seed in range(3):
        host, work = scenario.build_host(), scenario.episode(seed)
        plain = simulate(host, work, make_scheduler("drain", **thresholds))
        assert simulate(host, work, make_scheduler("drain_sloped", **thresholds)).digest() == plain.digest()


HOST = Host(cpus=2, preempt="none")
# VM 1 and 2 are large (work 10). Small ones come at 0, 2, 3 and work 5, 8, 3.
WORK = Workload.from_arrays([0, 1, 1, 2, 3], [5, 10, 10, 8, 3], cpu_millicores=[1000, 2000, 2000, 1000, 1000])


@pytest.mark.parametrize(
    ("parameters", "starts"),
    [
        # Two large ones wait: at 1 one small VM runs, at 3 two wait, 2 <= 0 + 1 x 2: drained. 5-15 the first. Then two small ones wait and
        # one large: 2 <= 0 + 2 x 1, large, 15-25. Then the small ones.
        ({"running": 1, "waiting": 0, "waiting_slope": 1, "most_small": 0, "most_slope": 2}, [0, 5, 15, 25, 25]),
        # .4 x 2 is less than one that waits: VM 3 starts at 2, VM 4 at 5, until 8, when VM 3 runs alone and nobody waits, until 10. Large.
        ({"running": 1, "waiting": 0, "waiting_slope": 0.4, "most_small": 0, "most_slope": 2}, [0, 10, 20, 2, 5]),
        # At 15 two small ones are more than 1 x 1 large: VM 3, and with that running and one waiting it is drained again. 23: large.
        ({"running": 1, "waiting": 0, "waiting_slope": 1, "most_small": 0, "most_slope": 1}, [0, 5, 23, 15, 33]),
        # What runs takes off what may wait: at 2 one waits, 3 - 3 x 1 = 0, so that it starts; 5: VM 4.
        ({"running": 2, "waiting": 3, "waiting_fall": 3, "most_small": 9}, [0, 10, 20, 2, 5]),
        # Two large ones add 2: at 2 and 3 one and two wait, 3 - 3 + 2 = 2: drained.
        ({"running": 2, "waiting": 3, "waiting_fall": 3, "waiting_slope": 1, "most_small": 9}, [0, 5, 15, 25, 25]),
    ],
)
def test_by_hand(parameters: dict[str, float], starts: list[int]) -> None:
    run = simulate(HOST, WORK, make_scheduler("drain_sloped", **parameters), record=True, interpreted=True)
    assert run.grants is not None
    found = sorted(zip(run.grants["vm"].tolist(), run.grants["grant_us"].tolist(), strict=True))
    assert [start for _, start in found] == starts


def test_a_falling_line_keeps_nobody_back_for_ever() -> None:
    """With a threshold below 0 an empty host goes to small VMs first, but to large ones where there are no small ones."""
    work = Workload.from_arrays([0, 0], [5, 5], cpu_millicores=[2000, 2000])
    run = simulate(HOST, work, make_scheduler("drain_sloped", most_small=-5.0, most_slope=-4.0))
    assert run.completion_us.tolist() == [5, 10]
