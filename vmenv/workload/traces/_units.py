"""Units in which traces tell sizes, rates and times, and how many of vmenv's own one of them is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmenv.errors import SpecError, suggestion

MIB = 2**20
MEMORY_UNITS = {  # in MiB
    "B": 1 / MIB,
    "KB": 1_000 / MIB,
    "KiB": 2**10 / MIB,
    "MB": 1_000_000 / MIB,
    "MiB": 1.0,
    "GB": 1_000_000_000 / MIB,
    "GiB": 1024.0,
}
RATE_UNITS = {f"{name}/s": mib * 1024 for name, mib in MEMORY_UNITS.items()}  # in KiB/s
CPU_UNITS = {"millicores": 1.0, "cores": 1000.0}
TIME_UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3_600.0, "days": 86_400.0}  # in seconds


def check_unit(name: str, unit: Any, units: Mapping[str, float]) -> float:
    """Returns how many of vmenv's units a unit is.

    Raises:
        SpecError: It is none of `units`.
    """
    if not isinstance(unit, str) or unit not in units:
        raise SpecError(f"{name} is {unit!r}: {suggestion(unit, units)}")
    return units[unit]
