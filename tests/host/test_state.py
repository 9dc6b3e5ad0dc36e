"""How the state lies in memory: what a decision reads together begins where a cache line does."""

from __future__ import annotations

import pytest

from vmenv.host import columns as c
from vmenv.host.spec import Disk, Host, Nic
from vmenv.host.state import State, allocate, one

LINE_BYTES = 64


@pytest.mark.parametrize("name", ["front", "slots", "run", "waiting", "keys"])
def test_rows_begin_where_cache_lines_do(name: str) -> None:
    """A row that is one number short of whole lines fails no other test, and costs a decision a twelfth more lines."""
    array = getattr(allocate(Host(), num_runs=3, num_slots=5, num_vms=1, num_phases=1), name)
    assert array.ctypes.data % LINE_BYTES == 0
    assert array.strides[0] % LINE_BYTES == 0
    assert array.flags.c_contiguous


def test_of_a_slot_most_decisions_look_at_one_line() -> None:
    """Those of all slots lie side by side: with the rest of each between them a step of 1,024 full slots takes several times as long."""
    runs = allocate(Host(), num_runs=1, num_slots=2, num_vms=1, num_phases=1)
    assert runs.front.strides[1] == LINE_BYTES
    assert runs.slots.strides[1] % LINE_BYTES == 0


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
