"""Snapshots as bytes and files: compressed without loss, and refused where they are not what was written."""

from __future__ import annotations

import hashlib
import struct
import zlib
from pathlib import Path

from vmenv.episodes.files import write_whole
from vmenv.errors import SpecError
from vmenv.live.driver import Snapshot

MAGIC = b"vmenv snapshot 1\n"
DIGEST_BYTES = 32
HEAD = struct.Struct("<QQQQ")  # pages of the whole memory, pages kept, bytes of a page, bytes of registers


def pack(snapshot: Snapshot, level: int = 1) -> bytes:
    """Returns what a snapshot keeps, compressed: S (1 - C_ratio) of its S bytes. That from which it goes on is not in it.

    Args:
        snapshot: The snapshot.
        level: Of zlib: 0 (none), 1 (fast) to 9 (small).
    """
    numbers = sorted(snapshot.pages)
    page_bytes = len(snapshot.pages[numbers[0]]) if numbers else 0
    head = HEAD.pack(snapshot.num_pages, len(numbers), page_bytes, len(snapshot.registers))
    content = b"".join([head, struct.pack(f"<{len(numbers)}Q", *numbers), snapshot.registers, *(snapshot.pages[k] for k in numbers)])
    return MAGIC + digest_of(snapshot) + zlib.compress(content, level)


def unpack(packed: bytes, since: Snapshot | None = None) -> Snapshot:
    """Returns the snapshot that was packed.

    Args:
        packed: What `pack` returned.
        since: The snapshot from which it goes on, None if there is none.

    Raises:
        SpecError: These are no such bytes, they have changed, or it goes on from another snapshot.
    """
    if not packed.startswith(MAGIC):
        raise SpecError("this is no snapshot of vmenv: give what vmenv.live.images.pack or save wrote")
    start = len(MAGIC) + DIGEST_BYTES
    try:
        content = zlib.decompress(packed[start:])
        num_pages, kept, page_bytes, registers_bytes = HEAD.unpack_from(content)
        numbers = struct.unpack_from(f"<{kept}Q", content, HEAD.size)
    except (zlib.error, struct.error, OverflowError, MemoryError) as error:
        raise SpecError(f"the snapshot is damaged ({error}): take it anew") from error
    at = HEAD.size + 8 * kept
    first = at + registers_bytes
    pages = {number: content[first + k * page_bytes : first + (k + 1) * page_bytes] for k, number in enumerate(numbers)}
    found = Snapshot(registers=content[at:first], pages=pages, num_pages=num_pages, since=since)
    if digest_of(found) != packed[len(MAGIC) : start]:
        raise SpecError("the snapshot is damaged, or goes on from another: give the one since which it was taken, as it was")
    return found


def save(path: Path, snapshot: Snapshot, level: int = 1) -> None:
    """Writes a packed snapshot, whole or not at all.

    Raises:
        SpecError: It cannot be written, for instance because the disk is full; what was there before stays.
    """
    try:
        write_whole(path, pack(snapshot, level))
    except OSError as error:
        raise SpecError(f"the snapshot cannot be kept in {path} ({error.strerror}): make room, or give another place") from error


def load(path: Path, since: Snapshot | None = None) -> Snapshot:
    """Returns a snapshot from its file.

    Raises:
        SpecError: There is none, or see `unpack`.
    """
    try:
        return unpack(path.read_bytes(), since)
    except OSError as error:
        raise SpecError(f"no snapshot can be read from {path} ({error.strerror})") from error


def digest_of(snapshot: Snapshot) -> bytes:
    """Returns a digest of all that a guest restored from it has, those from which it goes on included."""
    digest = hashlib.sha256(struct.pack("<Q", snapshot.num_pages) + snapshot.registers)
    for number, page in sorted(snapshot.all_pages().items()):
        if page.strip(b"\0"):  # a page that was never kept holds zeros
            digest.update(struct.pack("<Q", number) + page)
    return digest.digest()
