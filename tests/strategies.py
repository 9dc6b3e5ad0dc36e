"""Random hosts and workloads, small enough that ties, paging, queues and pre-emption happen all the time."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from vmenv.host.spec import PREEMPT_MODES, Disk, Host, Nic
from vmenv.workload import Phase, Workload

IO = 10**8  # KiB/s: maintenance tasks then move a MiB in some ten microseconds
bandwidths = st.integers(5, 9).map(lambda k: k * IO)
times = st.one_of(st.integers(0, 12), st.integers(0, 60).map(lambda k: 5 * k))


disks = st.builds(Disk, bandwidth_kib_s=bandwidths, capacity_mib=st.integers(6, 20))
nics = st.builds(Nic, bandwidth_kib_s=bandwidths)


@st.composite
def hosts(draw: Any) -> Host:
    """Hosts with a few devices; half of the pools are short."""
    most_disks, most_mib = (1, 8) if draw(st.booleans()) else (3, 20)
    return Host(
        cpus=draw(st.integers(1, 3)),
        memory_mib=draw(st.integers(8, 16)),
        disks=tuple(
            Disk(bandwidth_kib_s=draw(bandwidths), capacity_mib=draw(st.integers(6, most_mib)))
            for _ in range(draw(st.integers(1, most_disks)))
        ),
        nics=tuple(Nic(bandwidth_kib_s=draw(bandwidths)) for _ in range(draw(st.integers(1, 2)))),
        quantum_us=draw(st.sampled_from([1, 3, 5, 10, 50])),
        switch_us=draw(st.sampled_from([0, 0, 1, 5])),
        reload_us=draw(st.sampled_from([0, 0, 3, 7])),
        swap_kib_s=draw(st.sampled_from([None, 2**31 - 1, 700_000_001, 300_000_000])),
        preempt=draw(st.sampled_from(PREEMPT_MODES)),
        mapping=draw(st.sampled_from(["least", "least", "rotate", "first"])),
        exit_ns_per_kib=draw(st.sampled_from([0, 0, 1])),
        compress_kib_s=draw(st.sampled_from([10**9, 2 * 10**8])),
        snapshots_kept=draw(st.sampled_from([0, 1, 2])),
        most_down_us=draw(st.sampled_from([0, 5, 20])),
        resume_us=draw(st.sampled_from([0, 7])),
        provisioning=draw(st.sampled_from(["thick", "thin"])),
    )


@st.composite
def workloads(draw: Any, most_vms: int = 8, whole_host: bool = False, crowd: bool = False) -> Workload:
    """Workloads that fit every host of `hosts`: demands up to 1,000 millicores, 8 MiB, 5 x IO, images up to 6 MiB.

    With `whole_host` also emulated devices, maintenance tasks and contention; with `crowd` all of them fill a thin pool, little by little.
    """
    n = draw(st.integers(1, most_vms))
    emulates = whole_host and draw(st.booleans())
    most_cpu, most_io = (400, 3) if emulates else (1000, 5)  # leaves room for the exits
    io = st.integers(0, most_io).map(lambda k: k * IO)
    phase = st.builds(Phase, st.integers(1, 25), st.integers(0, most_cpu), st.integers(0, 8), io, io)
    columns = {
        "weight": draw(st.lists(st.integers(1, 4), min_size=n, max_size=n)),
        "priority": draw(st.lists(st.integers(-2, 2), min_size=n, max_size=n)),
        "slo_us": draw(st.lists(st.sampled_from([0, 10, 40, 100]), min_size=n, max_size=n)),
        "estimate_us": draw(st.lists(st.sampled_from([0, 5, 20, 2_000_000, 9_000_000]), min_size=n, max_size=n)),
        "tenant": draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)),
        "image_mib": draw(st.lists(st.integers(0, 6), min_size=n, max_size=n)),
    }
    phases = draw(st.lists(st.lists(phase, min_size=1, max_size=3), min_size=n, max_size=n))
    arrivals = draw(st.lists(times, min_size=n, max_size=n))
    if not whole_host:
        return Workload.from_phases(arrivals, phases, **columns)
    rates, least = ([10**9, 2 * 10**9], 4) if draw(st.booleans()) else ([0, 10**8, 2 * 10**9], 0)  # some fill a pool that is thin
    columns |= {
        "image_mib": draw(st.lists(st.integers(least, 6), min_size=n, max_size=n)),
        "dirty_kib_s": draw(st.lists(st.sampled_from(rates), min_size=n, max_size=n)),
        "working_set_mib": draw(st.lists(st.integers(least, 6), min_size=n, max_size=n)),
        "saving_permille": draw(st.lists(st.sampled_from([0, 500, 999]), min_size=n, max_size=n)),
        "emulated": draw(st.lists(st.integers(0, int(emulates)), min_size=n, max_size=n)),
    }
    if crowd:
        columns |= {"dirty_kib_s": [5 * 10**8] * n, "working_set_mib": [6] * n, "image_mib": [6] * n}
    else:
        add_tasks(draw, arrivals, phases, columns)
    return Workload.from_phases(arrivals, phases, **columns, **draw(contentions(len(arrivals))))


def add_tasks(draw: Any, arrivals: list[int], phases: list[list[Phase]], columns: dict[str, list[int]]) -> None:
    """Adds up to four maintenance tasks, each about a VM that comes before it."""
    n = len(arrivals)
    columns["kind"], columns["target"] = [0] * n, [-1] * n
    favourite = draw(st.integers(0, n - 1))
    columns["dirty_kib_s"][favourite], columns["working_set_mib"][favourite] = 2 * 10**8, draw(st.integers(1, 3))
    phases[favourite] = [phase._replace(work_us=8 * phase.work_us) for phase in phases[favourite]]  # long enough for some snapshots
    for _ in range(draw(st.integers(0, 5))):
        target = draw(st.sampled_from([favourite, draw(st.integers(0, n - 1))]))
        arrivals.append(arrivals[target] + draw(st.integers(0, 30)) * (4 if target == favourite else 1))
        had = {k for k, of in zip(columns["kind"], columns["target"], strict=True) if of == target}
        kind = draw(st.sampled_from([1, 1, 1, 2, *([] if 4 in had else [3]), *([] if 3 in had else [4, 4])]))
        cpu, memory, io = draw(st.integers(0, 900)), draw(st.integers(0, 4)), IO * draw(st.integers(1 if kind == 3 else 0, 5))
        phases.append([Phase(1, cpu, memory, 0, io)] * 2 if kind == 3 else [Phase(1, cpu, memory, io, 0)])
        for name, values in columns.items():
            values.append({"kind": kind, "target": target, "weight": 1}.get(name, 0))


@st.composite
def contentions(draw: Any, n: int) -> dict[str, Any]:
    """No contention in half of the workloads; otherwise classes and a table."""
    num_classes = draw(st.sampled_from([0, 0, 1, 2, 3]))
    if num_classes == 0:
        return {}
    row = st.lists(st.sampled_from([0, 1, 250, 333, 600, 1000]), min_size=num_classes, max_size=num_classes)
    return {
        "vm_class": draw(st.lists(st.integers(0, num_classes - 1), min_size=n, max_size=n)),
        "contention": np.array(draw(st.lists(row, min_size=num_classes, max_size=num_classes))),
    }
