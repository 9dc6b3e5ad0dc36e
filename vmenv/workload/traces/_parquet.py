"""Large tables as parquet files in the cache, under the checksum of the files that they were read from."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from vmenv.errors import TraceError
from vmenv.jit.cache import cache_root
from vmenv.workload.traces._arrow import arrow
from vmenv.workload.traces._columns import Layout

VERSION = 1  # of what is kept: another one is read anew
GROUP_ROWS = 2**19
MOST_KEPT_BYTES = 20 * 2**30  # those that were used longest ago go
FACTS = b"vmenv"


class Kept(NamedTuple):
    """A table that is kept."""

    file: Path
    facts: dict[str, Any]  # what its reader had noted at the end


def kept_parquet(files: Sequence[Path], layout: Layout, read: Callable[[], Iterator[Any]], facts: Callable[[], dict[str, Any]]) -> Kept:
    """Returns the table of some files as parquet, written if it is not there yet.

    Args:
        files: Where it comes from.
        layout: How they are read.
        read: Yields all of it, as record batches.
        facts: Returns what is to be noted of it, once all of it has been read.

    Raises:
        TraceError: A file cannot be read, or the cache cannot be written to.
    """
    _, _, pq = arrow("a table")
    key = hashlib.sha256(json.dumps([VERSION, repr(layout), *(_checksum(file) for file in files)]).encode()).hexdigest()
    file = cache_root() / "traces" / f"{key[:32]}.parquet"
    with contextlib.suppress(OSError, ValueError, KeyError):  # damaged or not there: it is made anew
        noted = json.loads(pq.read_metadata(file).metadata[FACTS])
        os.utime(file)
        return Kept(file, noted)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(file, layout, read, facts)
        _drop_oldest(file)
    except OSError as error:
        raise TraceError(
            f"{file.parent} cannot be written to ({error}), where a large trace is kept: set VMENV_CACHE_DIR to a folder with room for it"
        ) from error
    return Kept(file, facts())


def read_parquet(file: Path, column: str | None = None, least: float = 0.0, past: float = 0.0) -> Iterator[Any]:
    """Yields a kept table's rows as record batches, without those groups of rows in which no number of a column lies in a window."""
    _, _, pq = arrow("a table")
    with pq.ParquetFile(file) as opened:
        place = None if column is None else opened.schema_arrow.names.index(column)
        for k in range(opened.num_row_groups):
            told = None if place is None else opened.metadata.row_group(k).column(place).statistics
            if told is not None and told.has_min_max and (told.max < least or told.min >= past):
                continue
            yield from opened.iter_batches(batch_size=2**16, row_groups=[k])


def _write(file: Path, layout: Layout, read: Callable[[], Iterator[Any]], facts: Callable[[], dict[str, Any]]) -> None:
    """Writes a file whole or not at all."""
    pa, _, pq = arrow("a table")
    handle, name = tempfile.mkstemp(dir=file.parent, prefix="new-", suffix=".parquet")
    os.close(handle)
    new, schema = Path(name), layout.schema()
    try:
        with pq.ParquetWriter(new, schema, compression="zstd") as writer:
            waiting: list[Any] = []
            for batch in read():
                waiting.append(batch)
                if sum(part.num_rows for part in waiting) >= GROUP_ROWS:
                    writer.write_table(pa.Table.from_batches(waiting, schema=schema), row_group_size=2**20)
                    waiting = []
            if waiting:
                writer.write_table(pa.Table.from_batches(waiting, schema=schema), row_group_size=2**20)
            writer.add_key_value_metadata({FACTS.decode(): json.dumps(facts())})
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


def _drop_oldest(latest: Path) -> None:
    """Removes the files that were used longest ago when there are too many."""
    files = sorted((other for other in latest.parent.glob("*.parquet") if other != latest), key=lambda other: other.stat().st_mtime)
    num_bytes = sum(file.stat().st_size for file in [*files, latest])
    for file in files:
        if num_bytes <= MOST_KEPT_BYTES:
            return
        num_bytes -= file.stat().st_size
        file.unlink(missing_ok=True)


_checksums: dict[tuple[Path, int, int], str] = {}


def _checksum(file: Path) -> str:
    """Returns the SHA-256 of a file, computed once as long as it does not change.

    Raises:
        TraceError: It cannot be read.
    """
    try:
        status = file.stat()
        key = (file.absolute(), status.st_mtime_ns, status.st_size)
        if key not in _checksums:
            with file.open("rb") as opened:
                _checksums[key] = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise TraceError(f"{file}: cannot be read ({error}): fetch it again, or leave it out") from error
    return _checksums[key]
