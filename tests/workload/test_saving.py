"""Workloads that are written and read again are the same, whatever they were read from."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vmenv
from tests.strategies import workloads
from tests.workload.traces.written import OPTIONS, WRITE
from vmenv.errors import SpecError, TraceError
from vmenv.workload import Workload
from vmenv.workload.saving import COLUMNS, MARK, write_workload

endings = st.sampled_from([".csv", ".parquet"])


def same(first: Workload, second: Workload) -> bool:
    names = [field.name for field in dataclasses.fields(Workload)]
    return all(np.array_equal(getattr(first, name), getattr(second, name)) for name in names)


def read_again(work: Workload, ending: str) -> Workload:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"work{ending}"
        write_workload(work, file)
        assert [other.name for other in Path(folder).iterdir()] == [file.name]
        return vmenv.read_trace(file, "workload")


@settings(max_examples=60, deadline=None)
@given(work=workloads(whole_host=True), ending=endings)
def test_a_workload_is_read_as_it_was_written(work: Workload, ending: str) -> None:
    assert same(read_again(work, ending), work)


@settings(max_examples=25, deadline=None)
@given(data=st.data(), ending=endings)
@pytest.mark.parametrize("format", WRITE)
def test_reading_converting_and_reading_again_is_the_identity(format: str, data: Any, ending: str) -> None:
    options: dict[str, Any] = dict(OPTIONS.get(format, {}))
    options |= {
        "start_s": data.draw(st.one_of(st.none(), st.integers(0, 60))),
        "duration_s": data.draw(st.sampled_from([60, 3_600, 2**31 - 1])),
    }
    options["compression"] = data.draw(st.sampled_from([1, 7, 300]))
    with tempfile.TemporaryDirectory() as folder:
        path = WRITE[format](Path(folder) / "trace", num_rows=data.draw(st.integers(2, 30)))
        try:
            work = vmenv.read_trace(path, format, **options)
        except TraceError as error:  # nobody is in that window
            assert "window" in str(error)  # noqa: PT017  # it may be raised, and need not
            return
        assert same(read_again(work, ending), work)


def test_the_greatest_numbers_come_back(tmp_path: Path) -> None:
    work = Workload.from_arrays([2**53, 0], [2**53, 1], priority=[-(2**31) + 1, 2**31 - 1], memory_mib=2**31 - 1, estimate_us=2**53)
    assert same(read_again(work, ".csv"), work)
    assert same(read_again(work, ".parquet"), work)


def test_a_window_takes_its_vms_and_their_tasks(tmp_path: Path) -> None:
    second = 1_000_000
    arrival_us = [0, 3 * second, 4 * second, 5 * second, 9 * second]
    work = Workload.from_arrays(arrival_us, [10, 20, 1, 1, 50], kind=[0, 0, 1, 1, 0], target=[-1, -1, 1, 0, -1], slo_us=30)
    write_workload(work, tmp_path / "work.csv")
    part = vmenv.read_trace(tmp_path / "work.csv", "workload", start_s=2, duration_s=6, compression=3)
    assert part.arrival_us.tolist() == [333_334, 666_667]
    assert (part.target.tolist(), part.work_us.tolist(), part.slo_us.tolist()) == ([-1, 0], [7, 1], [10, 10])
    with pytest.raises(TraceError, match="has no VM that came from 20 s on and before 21 s: give another window"):
        vmenv.read_trace(tmp_path / "work.csv", "workload", start_s=20, duration_s=1)


ROW = ",".join(["0"] * (len(COLUMNS) - 5) + ["5", "1000", "0", "0", "0"]).replace("0,0,0", "0,0,1", 1)
HEAD = f"# {MARK} {{}}\n{','.join(COLUMNS)}\n"
BROKEN = {
    "a,b\n1,2\n": r":1: the line does not begin with '# vmenv workload 1' and JSON",
    f"# {MARK} [\n": r":1: the line does not begin",
    f"# {MARK} {{}}\nvm,arrival_us\n": r":2: the header is not vm,arrival_us,",
    HEAD: r":3: VMs must be numbered from 0",
    f"{HEAD}{ROW}\n1,2\n": rf":4: the row has not {len(COLUMNS)} whole numbers",
    f"{HEAD}{ROW.replace('1000', '1.5')}\n": r":3: the row has not",
    f"{HEAD}{ROW.replace('1000', '-1')}\n": r"cpu_millicores\[0\] is -1: give whole numbers from 0",
    f"{HEAD}2{ROW[1:]}\n": r":3: VMs must be numbered from 0",
    f"{HEAD}{ROW}\n{ROW.replace('0,0', '0,9', 1)}\n": r":4: VMs must be .* say the same of it",
}


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_file_is_one_clear_error(content: str, tmp_path: Path) -> None:
    file = tmp_path / "work.csv"
    file.write_text(content)
    with pytest.raises(TraceError, match=BROKEN[content]):
        vmenv.read_trace(file, "workload")


def test_parquet_of_something_else_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = tmp_path / "x.parquet"
    pq.write_table(pa.table({"a": [1]}), file)
    with pytest.raises(TraceError, match=r"x\.parquet: cannot be read .*: give a file that `vmenv trace convert` has written"):
        vmenv.read_trace(file, "workload")
    pq.write_table(pa.table({name: [0] for name in COLUMNS}), file)
    with pytest.raises(TraceError, match="it says nothing of 'vmenv workload 1'"):
        vmenv.read_trace(file, "workload")
    file.write_bytes(b"PAR1xxxxPAR1")
    with pytest.raises(TraceError, match="cannot be read"):
        vmenv.read_trace(file, "workload")


def test_places_that_cannot_be_written_to(tmp_path: Path) -> None:
    work = Workload.from_arrays([0], [1])
    with pytest.raises(SpecError, match=r"ends neither in \.csv nor in \.parquet"):
        write_workload(work, tmp_path / "work.txt")
    with pytest.raises(SpecError, match=r"cannot be written .*: give a place where it can"):
        write_workload(work, tmp_path / "nowhere" / "work.csv")
