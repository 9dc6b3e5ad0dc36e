"""Small files in every format of traces, whose numbers follow a fixed rule."""

from __future__ import annotations

import contextlib
import sqlite3
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


def write_csv(folder: Path, num_rows: int = 20) -> Path:
    rows = [f"vm{k % 3},{60 * (k // 3)},{k * 37 % 100},{k * 53 % 100 / 4}\n" for k in range(num_rows)]
    return _written(folder / "table.csv", "".join(["id,when,used,gb\n", *rows]))


def write_azure_vmtable(folder: Path, num_rows: int = 20) -> Path:
    rows = [
        f"vm{k},s,d{k % 4},{300 * k},{300 * k + 600},99.5,{k % 50}.25,80,Unknown,{('2', '>24')[k % 2]},{4 * (1 + k % 3)}\n"
        for k in range(num_rows)
    ]
    return _written(folder / "vmtable.csv", "".join(rows))


def write_azure_readings(folder: Path, num_rows: int = 20) -> Path:
    write_azure_vmtable(folder, 3)
    rows = [f"{300 * (k // 3)},vm{k % 3},1.5,90.25,{k * 37 % 100}.125\n" for k in range(num_rows)]
    _written(folder / "vm_cpu_readings-file-1-of-195.csv", "".join(rows))
    return folder


def write_azure_packing2020(folder: Path, num_rows: int = 20) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "packing_trace_zone_a_v1.sqlite"
    file.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        database.execute("PRAGMA synchronous = OFF")  # it need not outlast a power cut
        database.execute(
            "CREATE TABLE vm (vmId INTEGER, tenantId INTEGER, vmTypeId INTEGER, priority INTEGER, starttime REAL, endtime REAL)"
        )
        database.execute(
            "CREATE TABLE vmType (id INTEGER, vmTypeId INTEGER, machineId INTEGER, core REAL, memory REAL, hdd REAL, ssd REAL, nic REAL)"
        )
        database.executemany(
            "INSERT INTO vmType VALUES (?, ?, ?, ?, ?, NULL, 0.1, 0.1)", [(0, 7, 1, 0.5, 0.25), (1, 7, 2, 0.25, 0.125), (2, 8, 1, 1, 1)]
        )
        vms = [(k, k % 4, 7 + k % 2, k % 2, 0.001 * k, None if k == 5 else 0.001 * k + 0.25) for k in range(num_rows)]
        database.executemany("INSERT INTO vm VALUES (?, ?, ?, ?, ?, ?)", vms)
    return file


def write_google2019(folder: Path, num_rows: int = 20) -> Path:
    rows = []
    for k in range(num_rows):
        start = 600_000_000 + 300_000_000 * (k // 2)
        rows.append(f"{start},{start + 300_000_000},9{k % 2},0,{k * 37 % 100 / 1000},{k * 53 % 100 / 5000}\n")
    return _written(folder / "usage.csv", "".join(["start_time,end_time,collection_id,instance_index,cpus,memory\n", *rows]))


def write_alibaba2018(folder: Path, num_rows: int = 20) -> Path:
    _written(
        folder / "container_meta.csv",
        "c_1,m_1,0,app,started,400,800,1.56\nc_2,m_1,0,app,started,100,100,\nc_1,m_2,5,app,started,800,800,3\n",
    )
    rows = [f"c_{1 + k % 2},m_1,{10 * (k // 2)},{k * 37 % 100},{k % 90},1.5,,,0.5,0.25,-1\n" for k in range(num_rows)]
    _written(folder / "container_usage.csv", "".join(rows))
    return folder


def write_huawei_east(folder: Path, num_rows: int = 20) -> Path:
    rows = [f"{k // 2},{1 + k // 2 % 4},{2 + k % 3},{10 * k},{k % 2}\n" for k in range(num_rows)]
    return _written(folder / "Huawei-East-1.csv", "".join(["vmid,cpu,memory,time,type\n", *rows]))


MATERNA = (
    *("Timestamp", "CPU cores", "CPU capacity provisioned [MHZ]", "CPU usage [MHZ]", "CPU usage [%]", "Memory capacity provisioned [KB]"),
    *("Memory usage [KB]", "Memory usage [%]", "Disk read throughput [KB/s]", "Disk write throughput [KB/s]", "Disk size [GB]"),
    *("Network received throughput [KB/s]", "Network transmitted throughput [KB/s]"),
)


def write_materna(folder: Path, num_rows: int = 20) -> Path:
    rows = [MATERNA]
    for k in range(num_rows):
        time = f"04.11.2015 {k // 12 % 24:02}:{5 * (k % 12):02}:00"
        rows.append(
            (time, "2", "5200", f"{k * 53 % 5200}", f"{k % 100},25", "4194304", f"{k * 1000}", "1,5", f"{k}", "2", "60,0", "3", "4")
        )
    return _written(folder / "1.csv", "".join(";".join(f'"{field}"' for field in row) + "\n" for row in rows))


def _written(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, newline="")
    return file


WRITE: dict[str, Callable[..., Path]] = {
    "alibaba2018": write_alibaba2018,
    "alibaba_gpu2023": write_alibaba_gpu2023,
    "azure_arrivals": write_azure_arrivals,
    "azure_packing2020": write_azure_packing2020,
    "azure_readings": write_azure_readings,
    "azure_vmtable": write_azure_vmtable,
    "bitbrains": write_bitbrains,
    "csv": write_csv,
    "google2011": write_google2011,
    "google2019": write_google2019,
    "huawei_east": write_huawei_east,
    "materna": write_materna,
    "opendc": write_opendc,
    "planetlab": write_planetlab,
    "swf": write_swf,
    "workload": write_saved,
}
CSV = {"vm": "id", "time": "when", "cpu": "used", "cpu_unit": "percent", "cores": 2, "memory": "gb", "memory_unit": "GiB"}
OPTIONS: dict[str, dict[str, Any]] = {  # what they must be given, or a host must know
    "alibaba2018": {"machine_memory_mib": 500_000},
    "azure_packing2020": {"machine_cores": 64, "machine_memory_mib": 500_000},
    "csv": CSV,
    "google2011": {"memory_mib": 2048},
    "google2019": {"machine_cores": 64, "machine_memory_mib": 500_000},
    "planetlab": {"memory_mib": 512},
}
