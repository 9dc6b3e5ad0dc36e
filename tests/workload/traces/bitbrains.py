"""Tiny files in the format of Bitbrains, and what is read from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from vmenv.workload import Workload
from vmenv.workload.trace import TraceReport, read_trace_with_report

NAMES = (
    "Timestamp [ms]",
    "CPU cores",
    "CPU capacity provisioned [MHZ]",
    "CPU usage [MHZ]",
    "CPU usage [%]",
    "Memory capacity provisioned [KB]",
    "Memory usage [KB]",
    "Disk read throughput [KB/s]",
    "Disk write throughput [KB/s]",
    "Network received throughput [KB/s]",
    "Network transmitted throughput [KB/s]",
)
S = 1_000_000
IDLE = (0, 1, 0, 0)


def row(
    time_s: Any,
    usage_mhz: Any = 0,
    *,
    cores: Any = 2,
    capacity_mhz: Any = 2000,
    memory_kb: Any = 1024,
    disk: tuple[Any, Any] = (0, 0),
    net: tuple[Any, Any] = (0, 0),
) -> str:
    values = (time_s, cores, capacity_mhz, usage_mhz, 0.0, 8_388_608, memory_kb, *disk, *net)
    return ";\t".join(str(value) for value in values)


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join([";\t".join(NAMES), *rows, ""]), newline="")
    return path


def phases(work: Workload, vm: int = 0) -> list[tuple[int, ...]]:
    """(work_us, cpu, memory, disk, net) of one VM."""
    table = np.stack([work.work_us, work.cpu_millicores, work.memory_mib, work.disk_kib_s, work.net_kib_s], axis=1)
    return [tuple(line) for line in table[work.first_phase[vm] :][: work.num_phases[vm]].tolist()]


def read(path: Any, **options: Any) -> tuple[Workload, TraceReport]:
    return read_trace_with_report(path, "bitbrains", **options)
