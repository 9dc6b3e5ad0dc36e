"""The table of VMs in Azure's public traces, which `azure_vmtable` and `azure_readings` read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from vmenv.errors import TraceError
from vmenv.host.state import Floats
from vmenv.workload.traces._columns import Column, Layout
from vmenv.workload.traces._sniffing import first_lines
from vmenv.workload.traces._table import has_columns

LATEST_S = 2.0**31
NAMES = ("vmid", "subscriptionid", "deploymentid", "vmcreated", "vmdeleted", "maxcpu", "avgcpu", "p95maxcpu", "vmcategory")
LAYOUT = Layout(
    (
        Column("vmid", is_text=True),
        Column("deploymentid", is_text=True, may_miss=True),
        Column("vmcreated", most=LATEST_S),
        Column("vmdeleted", most=LATEST_S),
        Column("maxcpu", most=100.001),
        Column("avgcpu", most=100.001),
        Column("p95maxcpu", most=100.001),
        Column("vmcorecountbucket", is_text=True),
        Column("vmmemorybucket", is_text=True),
    ),
    names=(*NAMES, "vmcorecountbucket", "vmmemorybucket"),
)
MOST_CORES, MOST_GIB = 10_000, 2**15


def is_vmtable(file: Path) -> bool:
    """Returns whether the first line is a VM of such a table."""
    last = first_lines(file, 1)[0].split(",")[-2:]
    return has_columns(file, LAYOUT) and all(re.fullmatch(r">?\d+(\.\d+)?", text) for text in last)


def amounts_in(column: Any) -> tuple[Floats, Any]:
    """Returns (R,) the numbers in a column such as "2" or ">24", NaN where there is none, and (R,) where a ">" stands before it."""
    coded = column.combine_chunks().dictionary_encode() if hasattr(column, "combine_chunks") else column.dictionary_encode()
    texts = coded.dictionary.to_pylist()
    found = [re.fullmatch(r"(>?)(\d+(?:\.\d+)?)", text) for text in texts]
    amounts = np.array([float(match[2]) if match else np.nan for match in found])
    is_open = np.array([bool(match and match[1]) for match in found], np.bool_)
    places = coded.indices.to_numpy(zero_copy_only=False)
    return amounts[places], is_open[places]


def check_amounts(file: Path, cores: Floats, memory: Floats) -> None:
    """Checks sizes.

    Raises:
        TraceError: One cannot be.
    """
    sound = (cores > 0) & (cores <= MOST_CORES) & (memory >= 0) & (memory <= MOST_GIB)
    if not sound.all():
        row = int(sound.argmin())
        raise TraceError(
            f"{file}: sound row {row + 1}: {cores[row]:g} cores, memory {memory[row]:g}: they must be numbers such as 2 or >24, above 0 "
            f"and at most {MOST_CORES} and {MOST_GIB} (GB)"
        )
