"""Lines in pieces are the lines of the whole, wherever the pieces end; what would fill the memory is refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vmenv.workload.lines
from vmenv.errors import TraceError
from vmenv.workload.lines import LONGEST_LINE_BYTES, read_pieces, tellers


def told_nothing(done_bytes: int) -> None:
    pass


def lines_of(file: Path, max_unpacked_bytes: int = 10**9) -> list[str]:
    lines: list[str] = []
    for piece in read_pieces(file, max_unpacked_bytes, told_nothing):
        assert piece.first_line == len(lines) + 1
        assert piece.lines
        lines += piece.lines
    return lines


BYTES = [b"\n", b"\r", b"\r\n", b"1 2", b"\xc3", b"\xa9", b"\xef\xbb\xbf", b"\xff", b" ", b"\x00"]


@given(
    content=st.lists(st.sampled_from(BYTES)).map(b"".join),
    piece_bytes=st.integers(1, 9),
    packed=st.booleans(),
)
def test_pieces_make_the_whole(content: bytes, piece_bytes: int, packed: bool, tmp_path_factory: pytest.TempPathFactory) -> None:
    """As text is read whole: decoded, without the mark at its beginning, split at the ends of lines, of which the last may be missing."""
    file = tmp_path_factory.getbasetemp() / "lines"
    file.write_bytes(gzip.compress(content, 1) if packed else content)
    whole = content.decode("utf-8-sig", errors="replace")
    ended = whole if content.endswith(b"\n") else f"{whole}\n"
    expected = ended.replace("\r\n", "\n").split("\n")[:-1] if content else []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vmenv.workload.lines, "PIECE_BYTES", piece_bytes)
        assert lines_of(file) == expected


def test_what_a_gzip_unpacks_to_is_bounded(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.gz"
    bomb.write_bytes(gzip.compress(b"0 " * 8 + b"\n" * 10**6))
    assert bomb.stat().st_size < 2_000
    assert len(lines_of(bomb, 1_000_016)) == 10**6
    with pytest.raises(TraceError, match=r"bomb\.gz unpacks to more than 1000015 bytes.*give a larger max_unpacked_bytes"):
        lines_of(bomb, 1_000_015)
    plain = tmp_path / "plain"
    plain.write_bytes(b"1\n" * 100)
    assert len(lines_of(plain, 1)) == 100, "a plain file unpacks to nothing"


@pytest.mark.parametrize("before", [0, 3])
@pytest.mark.parametrize("ends", [b"", b"\n5\n"])
def test_a_line_without_end_is_refused(before: int, ends: bytes, tmp_path: Path) -> None:
    file = tmp_path / "endless.gz"
    file.write_bytes(gzip.compress(b"1\n" * before + b"0" * LONGEST_LINE_BYTES + ends))
    assert len(lines_of(file)) == before + (2 if ends else 1)
    file.write_bytes(gzip.compress(b"1\n" * before + b"0" * (LONGEST_LINE_BYTES + 1) + ends))
    with pytest.raises(TraceError, match=rf"endless\.gz:{before + 1}: the line is longer than 1048576 bytes"):
        lines_of(file)


def test_progress_counts_the_bytes_of_all_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vmenv.workload.lines, "PIECE_BYTES", 4)
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(b"12\n34\n56\n")
    second.write_bytes(b"7\n")
    seen: list[tuple[int, int]] = []
    for file, tell in zip((first, second), tellers([first, second], lambda *told: seen.append(told)), strict=True):
        assert list(read_pieces(file, 1, tell))
    assert seen == [(4, 11), (8, 11), (9, 11), (11, 11)]


def test_a_fault_of_the_one_who_is_told_is_not_the_files(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("1\n")

    def fails(done_bytes: int) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        list(read_pieces(file, 1, fails))
    with pytest.raises(TraceError, match="nothing: cannot be read"):
        tellers([tmp_path / "nothing"], lambda done_bytes, total_bytes: None)
