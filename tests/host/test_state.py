"""How the state lies in memory: what a decision reads together begins where a cache line does."""

from __future__ import annotations

import pytest

from vmenv.host import columns as c
from vmenv.host.spec import Disk, Host, Nic
from vmenv.host.state import State, allocate, one

LINE_BYTES = 64


@pytest.mark.parametrize("name", ["slots", "run", "waiting", "keys"])
def test_rows_begin_where_cache_lines_do(name: str) -> None:
    """A row that is one number short of whole lines fails no other test, and costs a decision a twelfth more lines."""
    array = getattr(allocate(Host(), num_runs=3, num_slots=5, num_vms=1, num_phases=1), name)
    assert array.ctypes.data % LINE_BYTES == 0
    assert array.strides[0] % LINE_BYTES == 0
    assert array.flags.c_contiguous


def test_the_first_line_of_a_slot_is_all_that_most_decisions_look_at() -> None:
    rows = allocate(Host(), num_runs=1, num_slots=2, num_vms=1, num_phases=1).slots
    assert rows.strides[1] % LINE_BYTES == 0
    assert max(c.DISK, c.NET, c.CPU, c.MEMORY, c.STATUS, c.STALE, c.TURN_US, c.ARRIVAL_US) < LINE_BYTES // rows.itemsize


@pytest.mark.parametrize("host", [Host(), Host(disks=(Disk(), Disk(), Disk()), nics=(Nic(), Nic()))])
def test_sizes_are_what_compiled_code_takes_them_for(host: Host) -> None:
    s = one(allocate(host, num_runs=2, num_slots=70, num_vms=4, num_phases=9, num_classes=3, log_length=5), 1)
    for name, sizes in State.SIZES.items():  # told by a decorator
        array = getattr(s, name)
        assert array.shape[-len(sizes) :] == sizes
        assert array.ndim == len(sizes) + (2 if name == "pairs" else 1)
    for array in s:
        assert array.flags.c_contiguous


def test_a_block_is_whole_vectors() -> None:
    """What looks at `LANES` slots at once would otherwise read those of the next block."""
    assert c.BLOCK % c.LANES == 0
