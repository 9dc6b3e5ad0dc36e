"""Snapshots as bytes and files. What came out is what went in, or it is refused; a full disk leaves what was there."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmenv.errors import SpecError
from vmenv.live.driver import Snapshot
from vmenv.live.images import load, pack, save, unpack

PAGES = st.dictionaries(st.integers(0, 7), st.binary(min_size=4096, max_size=4096), max_size=4)
FIRST = Snapshot(registers=b"r" * 456, pages={0: b"\1" * 4096, 5: b"\2" * 4096}, num_pages=8)
NEXT = Snapshot(registers=b"s" * 456, pages={5: b"\3" * 4096}, num_pages=8, since=FIRST)


@given(pages=PAGES, more=PAGES, level=st.integers(0, 9))
def test_lossless(pages: dict[int, bytes], more: dict[int, bytes], level: int) -> None:
    first = Snapshot(registers=b"r" * 456, pages=pages, num_pages=8)
    assert unpack(pack(first, level)) == first
    second = Snapshot(registers=b"s" * 456, pages=more, num_pages=8, since=first)
    assert unpack(pack(second, level), first) == second


def test_compressed() -> None:
    assert len(pack(FIRST)) < FIRST.num_bytes / 10 < FIRST.num_bytes < len(pack(FIRST, level=0))


@pytest.mark.parametrize("at", [0, 20, 60, -1])
def test_damage_is_refused(at: int) -> None:
    packed = bytearray(pack(FIRST))
    packed[at] ^= 1
    with pytest.raises(SpecError, match=r"no snapshot|damaged"):
        unpack(bytes(packed))


def test_cut_short_or_of_another() -> None:
    for length in (0, 10, 60, len(pack(FIRST)) - 1):
        with pytest.raises(SpecError):
            unpack(pack(FIRST)[:length])
    other = Snapshot(registers=FIRST.registers, pages={0: b"\4" * 4096}, num_pages=8)
    for wrong in (None, other):
        with pytest.raises(SpecError, match="goes on from another"):
            unpack(pack(NEXT), wrong)


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file grows past 500 bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_files(tmp_path: Path) -> None:
    save(tmp_path / "first", FIRST)
    save(tmp_path / "next", NEXT)
    assert load(tmp_path / "next", load(tmp_path / "first")) == NEXT
    with pytest.raises(SpecError, match="no snapshot can be read"):
        load(tmp_path / "none")


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    small = Snapshot(registers=b"", pages={}, num_pages=8)
    save(tmp_path / "one", small)
    with pytest.raises(SpecError, match="make room"):
        save(tmp_path / "one", FIRST, level=0)
    assert [file.name for file in tmp_path.iterdir()] == ["one"]
    assert load(tmp_path / "one") == small
