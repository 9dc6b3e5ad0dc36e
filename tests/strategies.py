"""Random hosts and workloads, small enough that ties, paging, queues and pre-emption happen all the time."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from vmenv.host.spec import PREEMPT_MODES, Disk, Host, Nic
from vmenv.workload import Phase, Workload

times = st.one_of(st.integers(0, 12), st.integers(0, 60).map(lambda k: 5 * k))


disks = st.builds(Disk, bandwidth_kib_s=st.integers(5, 9), capacity_mib=st.integers(6, 20))
nics = st.builds(Nic, bandwidth_kib_s=st.integers(5, 9))


@st.composite
def hosts(draw: Any) -> Host:
    """Hosts with a few devices."""
    return Host(
        cpus=draw(st.integers(1, 3)),
        memory_mib=draw(st.integers(8, 16)),
        disks=tuple(
            Disk(bandwidth_kib_s=draw(st.integers(5, 9)), capacity_mib=draw(st.integers(6, 20))) for _ in range(draw(st.integers(1, 3)))
        ),
        nics=tuple(Nic(bandwidth_kib_s=draw(st.integers(5, 9))) for _ in range(draw(st.integers(1, 2)))),
        quantum_us=draw(st.sampled_from([1, 3, 5, 10, 50])),
        switch_us=draw(st.sampled_from([0, 0, 1, 5])),
        reload_us=draw(st.sampled_from([0, 0, 3, 7])),
        swap_kib_s=draw(st.sampled_from([None, 2**31 - 1, 700_000_001, 300_000_000])),
        preempt=draw(st.sampled_from(PREEMPT_MODES)),
    )


@st.composite
def workloads(draw: Any, most_vms: int = 8) -> Workload:
    """Workloads that fit every host of `hosts`: demands up to 1,000 millicores, 8 MiB, 5 KiB/s, images up to 6 MiB."""
    phase = st.builds(Phase, st.integers(1, 25), st.integers(0, 1000), st.integers(0, 8), st.integers(0, 5), st.integers(0, 5))
    n = draw(st.integers(1, most_vms))
    columns = {
        "weight": draw(st.lists(st.integers(1, 4), min_size=n, max_size=n)),
        "priority": draw(st.lists(st.integers(-2, 2), min_size=n, max_size=n)),
        "slo_us": draw(st.lists(st.sampled_from([0, 10, 40, 100]), min_size=n, max_size=n)),
        "estimate_us": draw(st.lists(st.sampled_from([0, 5, 20, 2_000_000, 9_000_000]), min_size=n, max_size=n)),
        "tenant": draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)),
        "image_mib": draw(st.lists(st.integers(0, 6), min_size=n, max_size=n)),
    }
    phases = draw(st.lists(st.lists(phase, min_size=1, max_size=3), min_size=n, max_size=n))
    return Workload.from_phases(draw(st.lists(times, min_size=n, max_size=n)), phases, **columns)
