"""Small files in every format of traces, whose numbers follow a fixed rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conftest import write_trace


def write_bitbrains(folder: Path, num_rows: int = 20) -> Path:
    return write_trace(folder, num_vms=1, num_samples=num_rows) / "0.csv"


def write_swf(folder: Path, num_rows: int = 20) -> Path:
    rows = [f"{k} {5 * k} -1 {30 + k % 7} 4 -1 -1 4 60 -1 1 {k % 3} 1 -1 1 -1 -1 -1\n" for k in range(num_rows)]
    return _written(folder / "log.swf", "".join(rows))


def write_planetlab(folder: Path, num_rows: int = 20) -> Path:
    return _written(folder / "host_edu_slice", "".join(f"{k * 37 % 100}\n" for k in range(num_rows)))


def write_google2011(folder: Path, num_rows: int = 20) -> Path:
    rows = [f"{k * 37 % 9001 / 100} {k * 53 % 11000 / 100}\n" for k in range(num_rows)]
    return _written(folder / "vm_42_7", "".join(rows))


POD_HEADER = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time"


def write_alibaba_gpu2023(folder: Path, num_rows: int = 20) -> Path:
    rows = [
        f"pod-{k},{1000 + k},{512 * (k % 4)},1,1000,,{('BE', 'LS')[k % 2]},Succeeded,{9 * k},{9 * k + 50},{9 * k + 3}"
        for k in range(num_rows)
    ]
    return _written(folder / "pods.csv", "\n".join([POD_HEADER, *rows, ""]))


def write_azure_arrivals(folder: Path, num_rows: int = 20) -> Path:
    _written(folder / "flav_map.txt", "1,0.75 a\n2,3.5 g\n16,112 d\n")
    _written(folder / "v1.interval_map.txt", "0 0\n300 1\n600 2\n900 2\n")
    _written(folder / "v1.x.c9000.txt", "".join(f"{300 * k} U0,|,U1,{'UC'[k % 2]}2,|\n" for k in range(num_rows)))
    return _written(folder / "v1.x.txt", "".join(f"{300 * k} a,|,g,{'ad'[k % 2]},|\n" for k in range(num_rows)))


def write_opendc(folder: Path, num_rows: int = 20) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    tasks = {"id": [7, 3], "submission_time": [5_000, 1_000], "duration": [1, 1], "cpu_count": [2, 4], "cpu_capacity": [2e3, 1e4]}
    tasks["mem_capacity"] = [1000, 2000]
    fragments = {"id": [(7, 3)[k % 2] for k in range(num_rows)], "duration": [30_000] * num_rows}
    fragments["cpu_usage"] = [float(k * 37 % 2000) for k in range(num_rows)]
    pq.write_table(pa.table(tasks), folder / "tasks.parquet")
    pq.write_table(pa.table(fragments), folder / "fragments.parquet")
    return folder


def write_saved(folder: Path, num_rows: int = 20) -> Path:
    from vmenv.workload import Phase, Workload
    from vmenv.workload.saving import write_workload

    phases = [[Phase(1 + k, 10 * k % 7, k % 5, k % 3)] * (1 + k % 2) for k in range(num_rows)]
    folder.mkdir(parents=True, exist_ok=True)
    write_workload(Workload.from_phases([1_000_000 * k for k in range(num_rows)], phases), folder / "work.csv")
    return folder / "work.csv"


def _written(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, newline="")
    return file


WRITE: dict[str, Callable[..., Path]] = {
    "alibaba_gpu2023": write_alibaba_gpu2023,
    "azure_arrivals": write_azure_arrivals,
    "bitbrains": write_bitbrains,
    "google2011": write_google2011,
    "opendc": write_opendc,
    "planetlab": write_planetlab,
    "swf": write_swf,
    "workload": write_saved,
}
OPTIONS: dict[str, dict[str, Any]] = {"planetlab": {"memory_mib": 512}, "google2011": {"memory_mib": 2048}}  # what they must be given
