"""Workloads as files: a row for each phase, which `read_trace(path, "workload")` reads back as they were."""

from __future__ import annotations

import dataclasses
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from vmenv.errors import SpecError
from vmenv.host.state import Ints
from vmenv.workload.files import PathLike
from vmenv.workload.table import Phase, Workload

MARK = "vmenv workload 1"  # of the form, the first words of a CSV file and the key of what parquet files say of themselves
VM_COLUMNS = tuple(
    field.name for field in dataclasses.fields(Workload) if field.init and field.name not in (*Phase._fields, "num_phases", "contention")
)
COLUMNS = ("vm", *VM_COLUMNS, *Phase._fields)


def write_workload(work: Workload, path: PathLike) -> None:
    """Writes a workload to a file, whole or not at all.

    A row is a phase: the number of its VM, what the workload says of the VM, and what it says of the phase, under the names of `Workload`.
    VMs stand in the order of the workload.

    Args:
        work: The workload.
        path: Of the file, which ends in .csv, or in .parquet, for which pyarrow must be installed.

    Raises:
        SpecError: The file's name ends otherwise, or it cannot be written.
        TraceError: pyarrow is not installed.
    """
    file = Path(path)
    if file.suffix not in (".csv", ".parquet"):
        raise SpecError(f"{file} ends neither in .csv nor in .parquet: give a name that does")
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        new.write_bytes(_as_csv(work) if file.suffix == ".csv" else _as_parquet(work))
        new.replace(file)
    except OSError as error:
        raise SpecError(f"{file} cannot be written ({error}): give a place where it can") from error
    finally:
        new.unlink(missing_ok=True)


def _columns(work: Workload) -> dict[str, Ints]:
    columns = {"vm": np.arange(work.num_vms).repeat(work.num_phases)}
    columns |= {name: getattr(work, name).repeat(work.num_phases) for name in VM_COLUMNS}
    return columns | {name: getattr(work, name) for name in Phase._fields}


def _told(work: Workload) -> str:
    """Returns what is no column of rows, as JSON."""
    return json.dumps({} if work.contention is None else {"contention": work.contention.tolist()})


def _as_csv(work: Workload) -> bytes:
    text = io.StringIO()
    text.write(f"# {MARK} {_told(work)}\n{','.join(COLUMNS)}\n")
    np.savetxt(text, np.stack(list(_columns(work).values()), axis=1), fmt="%d", delimiter=",")
    return text.getvalue().encode()


def _as_parquet(work: Workload) -> Any:
    from vmenv.workload.traces._arrow import arrow

    pa, _, pq = arrow("a file of parquet")
    content = pa.BufferOutputStream()
    table = pa.table(_columns(work)).replace_schema_metadata({MARK: _told(work)})
    pq.write_table(table, content, compression="zstd")
    return content.getvalue().to_pybytes()
