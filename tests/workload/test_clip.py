"""Clipping a workload to a host."""

import pytest

from vmenv.errors import SpecError
from vmenv.host.spec import Disk, Host, Nic
from vmenv.workload import Workload
from vmenv.workload.clip import clip_to

HOST = Host(
    cpus=2,
    memory_mib=512,
    disks=(Disk(bandwidth_kib_s=900), Disk(bandwidth_kib_s=100)),
    nics=(Nic(bandwidth_kib_s=50), Nic(bandwidth_kib_s=70)),
)


def make() -> Workload:
    large, small = (7, 2001, 513, 101, 51), (5, 2000, 512, 100, 50)
    return Workload.from_phases([3, 0], [[large, small], [(9, 2500, 1, 1, 1)]], weight=[4, 5], priority=[-1, 1], slo_us=[8, 0], image_mib=6)


def test_every_demand_is_lowered_to_the_smallest_device_and_the_rest_stays() -> None:
    before = make()
    after, num_clipped = clip_to(before, HOST)
    assert num_clipped == 2  # phases, not demands
    assert after.cpu_millicores.tolist() == [2000, 2000, 2000]
    assert after.memory_mib.tolist() == [512, 512, 1]
    assert after.disk_kib_s.tolist() == [100, 100, 1]
    assert after.net_kib_s.tolist() == [50, 50, 1]
    for name in ("arrival_us", "num_phases", "work_us", "weight", "priority", "slo_us", "image_mib", "arrival_order"):
        assert getattr(after, name).tolist() == getattr(before, name).tolist(), name
    assert before.cpu_millicores.tolist() == [2001, 2000, 2500]
    with pytest.raises(SpecError):
        before.check_on(HOST)
    after.check_on(HOST)


def test_what_fits_is_unchanged_and_clipping_twice_changes_nothing() -> None:
    once, _ = clip_to(make(), HOST)
    twice, num_clipped = clip_to(once, HOST)
    assert num_clipped == 0
    for name in ("cpu_millicores", "memory_mib", "disk_kib_s", "net_kib_s"):
        assert getattr(twice, name).tolist() == getattr(once, name).tolist()


def test_images_are_not_clipped() -> None:
    work, num_clipped = clip_to(Workload.from_arrays([0], [1], image_mib=11), Host(disks=(Disk(capacity_mib=10),)))
    assert (num_clipped, work.image_mib.tolist()) == (0, [11])
    with pytest.raises(SpecError, match="image_mib=11"):
        work.check_on(Host(disks=(Disk(capacity_mib=10),)))
