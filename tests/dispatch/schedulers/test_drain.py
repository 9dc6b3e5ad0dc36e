"""Drain by hand: two pCPUs, no pre-emption, one large VM among small ones."""

from __future__ import annotations

import pytest

from vmenv.dispatch.simulation import simulate
from vmenv.episodes.schedulers import make_scheduler
from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.workload import Workload

HOST = Host(cpus=2, preempt="none")
# VM 1 is large (work 10); the small ones (0, 2, 3, 4) come at 0, 2, 3, 4 and work 5, 8, 3, 3.
WORK = Workload.from_arrays([0, 1, 2, 3, 4], [5, 10, 8, 3, 3], cpu_millicores=[1000, 2000, 1000, 1000, 1000])


@pytest.mark.parametrize(
    ("parameters", "starts"),
    [
        # At 1 one small VM runs and none waits: nobody starts. At 2, 3, 4 up to three wait, and still nobody. The large one 5-15.
        ({"running": 1, "waiting": 3, "most_small": 3}, [0, 5, 15, 15, 18]),
        # At 4 three wait: VM 2 starts. At 5 it runs alone with two waiting: nobody. At 12 it is done, two are no more than three: large.
        ({"running": 1, "waiting": 2, "most_small": 3}, [0, 12, 4, 22, 22]),
        # The host is not let run empty while a small one runs: 2 at once, 3 and 4 when 0 and 3 are done, the large one last.
        ({"running": 0, "waiting": 0, "most_small": 3}, [0, 11, 2, 5, 8]),
        # At 5 it is empty, and three small ones are more than two: VM 2. With that running and two waiting nobody starts, and at 13 large.
        ({"running": 1, "waiting": 3, "most_small": 2}, [0, 13, 5, 23, 23]),
    ],
)
def test_drain_by_hand(parameters: dict[str, int], starts: list[int]) -> None:
    run = simulate(HOST, WORK, make_scheduler("drain", **parameters), record=True, interpreted=True)
    assert run.grants is not None
    found = sorted(zip(run.grants["vm"].tolist(), run.grants["grant_us"].tolist(), strict=True))
    assert [start for _, start in found] == starts


def test_negative_numbers_are_refused() -> None:
    with pytest.raises(SpecError, match="give a number from 0"):
        make_scheduler("drain", waiting=-1)
