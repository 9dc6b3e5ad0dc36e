"""Text files piece by piece, plain or gzipped: in the memory of one piece, however long they are."""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from vmenv.errors import TraceError

PIECE_BYTES = 2**22
LONGEST_LINE_BYTES = 2**20  # rows have hundreds; without a bound, a gzip of one endless line would fill the memory

Progress: TypeAlias = Callable[[int, int], None]  # (done_bytes, total_bytes), as the files lie on the disk


class Piece(NamedTuple):
    """Some lines of a file, one behind the other."""

    first_line: int  # counted from 1
    lines: list[str]


class Text(NamedTuple):
    """Some lines of a file as its bytes."""

    first_line: int  # counted from 1
    content: bytes


def read_pieces(file: Path, max_unpacked_bytes: int, tell: Callable[[int], None]) -> Iterator[Piece]:
    """As `read_texts`, but yields lines. Bytes that are not UTF-8 become replacement characters."""
    for text in read_texts(file, max_unpacked_bytes, tell):
        yield Piece(text.first_line, lines_of(text))


def read_texts(file: Path, max_unpacked_bytes: int, tell: Callable[[int], None]) -> Iterator[Text]:
    """Yields whole lines of a plain or gzipped text file, without the newline at the end; an empty one has none.

    Args:
        file: The file.
        max_unpacked_bytes: What it may unpack to, if it is gzipped.
        tell: Is told, after each piece, how many bytes of the file have been read.

    Raises:
        TraceError: The file cannot be opened or unpacked, unpacks to more, or has a line of more than 1 MiB.
    """
    rest, number, unpacked_bytes = b"", 1, 0
    for block, done_bytes, packed in _blocks(file):
        unpacked_bytes += len(block)
        if packed and unpacked_bytes > max_unpacked_bytes:
            raise TraceError(
                f"{file} unpacks to more than {max_unpacked_bytes} bytes, as a file made to fill the memory would: if you trust it, give a "
                "larger max_unpacked_bytes"
            )
        text, newline, rest = (rest + block).rpartition(b"\n")
        if newline:
            yield _text(file, number, text)
            number += text.count(b"\n") + 1
        _check_lines(file, number, rest)
        tell(done_bytes)
    if rest:
        yield _text(file, number, rest)


def tellers(files: Sequence[Path], progress: Progress | None) -> list[Callable[[int], None]]:
    """Returns for each file a function that is told how many of its bytes have been read, and passes on how many of all.

    Raises:
        TraceError: A file is not there.
    """
    if progress is None:
        return [lambda done_bytes: None] * len(files)
    before = [0, *itertools.accumulate(size_of(file) for file in files)]

    def teller(start: int) -> Callable[[int], None]:
        return lambda done_bytes: progress(start + done_bytes, before[-1])

    return [teller(start) for start in before[:-1]]


def size_of(file: Path) -> int:
    """Returns the bytes of a file on the disk.

    Raises:
        TraceError: It is not there.
    """
    try:
        return file.stat().st_size
    except OSError as error:
        raise _unreadable(file, error) from error


def _blocks(file: Path) -> Iterator[tuple[bytes, int, bool]]:
    """Yields the content in blocks, how far the file has been read, and whether it is gzipped."""
    try:
        with file.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"  # by content: browsers and copies unpack a file and keep its name
            raw.seek(0)
            source = gzip.GzipFile(fileobj=raw) if packed else raw
            while block := source.read(PIECE_BYTES):
                yield block, raw.tell(), packed
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(file, error) from error


def lines_of(text: Text) -> list[str]:
    """Returns the lines of a text; what is not UTF-8 in them becomes replacement characters."""
    return (text.content + b"\n").replace(b"\r\n", b"\n").decode("utf-8", errors="replace").split("\n")[:-1]


def _text(file: Path, number: int, content: bytes) -> Text:
    """Returns some lines without the newline at their end."""
    _check_lines(file, number, content)
    return Text(number, content.removeprefix(b"\xef\xbb\xbf") if number == 1 else content)


def _check_lines(file: Path, number: int, text: bytes) -> None:
    """Checks that no line is too long.

    Raises:
        TraceError: One is.
    """
    if len(text) > LONGEST_LINE_BYTES:
        for k, line in enumerate(text.split(b"\n")):
            if len(line) > LONGEST_LINE_BYTES:
                raise TraceError(f"{file}:{number + k}: the line is longer than {LONGEST_LINE_BYTES} bytes: give a text file of rows")


def _unreadable(file: Path, error: Exception) -> TraceError:
    return TraceError(f"{file}: cannot be read ({error}): fetch it again, or leave it out")
