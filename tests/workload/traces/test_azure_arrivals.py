"""The reader of Azure's arrivals of 2017: two files of lines that belong together, and two maps."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import vmenv
from tests.workload.traces.bitbrains import S
from tests.workload.traces.published import PUBLISHED, needs
from tests.workload.traces.written import write_azure_arrivals
from vmenv.errors import SpecError, TraceError
from vmenv.workload.trace import read_trace_with_report


def write(folder: Path, flavours: str, lifetimes: str) -> Path:
    write_azure_arrivals(folder)
    (folder / "v1.x.txt").write_text(flavours)
    (folder / "v1.x.c9000.txt").write_text(lifetimes)
    return folder / "v1.x.txt"


def test_batches_flavours_and_lifetimes(tmp_path: Path) -> None:
    work, report = read_trace_with_report(
        write(tmp_path, "300 a,|,g,d,|,\n600 \n900 g\n", "300 U0,|,U1,C2,|,\n600 \n900 U2\n"), "azure_arrivals"
    )
    assert work.arrival_us.tolist() == [0, 0, 0, 600 * S]
    assert work.work_us.tolist() == [150 * S, 300 * S, 750 * S, 750 * S]  # bin 0 is under 300 s, bin 2 from 600 to 900
    assert (work.cpu_millicores.tolist(), work.memory_mib.tolist()) == ([1000, 2000, 16000, 2000], [768, 3584, 114_688, 3584])
    assert work.tenant.tolist() == [0, 1, 1, 2]
    assert (report.num_rows, report.first_s, report.last_s) == (3, 300, 900)
    assert report.oddities == {
        "VMs that were there at the end, so that they may have lived on": 1,
        "VMs that lived for less than 300 s": 1,
    }


def test_a_comma_at_the_end_changes_nothing(tmp_path: Path) -> None:
    with_comma = vmenv.read_trace(write(tmp_path / "a", "300 a,|,g,|,\n", "300 U0,|,U1,|,\n"), "azure_arrivals")
    without = vmenv.read_trace(write(tmp_path / "b", "300 a,|,g,|\n", "300 U0,|,U1,|\n"), "azure_arrivals")
    assert with_comma.work_us.tolist() == without.work_us.tolist()


BROKEN = [
    ("300 a,z,|", "300 U0,U1,|", r"v1\.x\.txt:2: the flavour 'z' is not in the map"),
    ("300 a,g,|", "300 U0,U9,|", r"v1\.x\.c9000\.txt:2: the lifetime 'U9' is not U or C with a number"),
    ("300 a,g,|", "300 U0,X1,|", r"v1\.x\.c9000\.txt:2: the lifetime 'X1'"),
    ("300 a,g,|", "600 U0,U1,|", r"v1\.x\.txt:2: the time is 300, and 600 in the file of lifetimes"),
    ("300 a,|", "300 U0,U1", r"v1\.x\.txt:2: the line has 2 flavours and ends of batches, that of lifetimes 2, or they stand elsewhere"),
    ("a,g,|", "300 U0,U1,|", r"v1\.x\.txt:2: the line is 'a,g,|', and no time with names"),
    ("300 a,|", "300: U0,|", r"v1\.x\.c9000\.txt:2: the line is '300: U0,|'"),
    ("9999999999 a,|", "9999999999 U0,|", r"v1\.x\.txt:2: the time is 9999999999 s: it must be below"),
]


@pytest.mark.parametrize(("flavours", "lifetimes", "fault"), BROKEN)
def test_a_malformed_line_is_named_by_file_and_line(flavours: str, lifetimes: str, fault: str, tmp_path: Path) -> None:
    file = write(tmp_path, f"0 a,|\n{flavours}\n900 g,|\n", f"0 U0,|\n{lifetimes}\n900 U1,|\n")
    with pytest.raises(TraceError, match=fault):
        vmenv.read_trace(file, "azure_arrivals")
    work, report = read_trace_with_report(file, "azure_arrivals", skip_bad_rows=True)
    assert (work.num_vms, report.num_rows, report.num_bad_rows) == (2, 3, 1)


def test_files_that_do_not_belong_together(tmp_path: Path) -> None:
    file = write(tmp_path, "0 a,|\n300 g,|\n", "0 U0,|\n")
    with pytest.raises(TraceError, match=r"c9000\.txt ends before line 2 of .*v1\.x\.txt: give two files of the same VMs"):
        vmenv.read_trace(file, "azure_arrivals", skip_bad_rows=True)


def test_what_is_missing_is_said_with_the_option_that_gives_it(tmp_path: Path) -> None:
    file = write(tmp_path / "trace", "0 a,|\n", "0 U0,|\n")
    elsewhere = tmp_path / "maps"
    elsewhere.mkdir()
    expected = vmenv.read_trace(file, "azure_arrivals")
    for name in ("flav_map.txt", "v1.interval_map.txt"):
        shutil.move(file.parent / name, elsewhere / name)
    assert vmenv.read_trace(file, "azure_arrivals").work_us.tolist() == expected.work_us.tolist()  # beside the folder
    elsewhere.rename(tmp_path / "other")
    with pytest.raises(TraceError, match=r"flav_map\.txt and v1\.interval_map\.txt are not in .*: give maps=folder"):
        vmenv.read_trace(file, "azure_arrivals")
    assert vmenv.read_trace(file, "azure_arrivals", maps=str(tmp_path / "other")).num_vms == 1
    (file.parent / "v1.x.c9000.txt").rename(tmp_path / "lives.txt")
    with pytest.raises(TraceError, match=r"of files of lifetimes \(v1\.x\.c\*\.txt\) there is none: give lifetimes=path"):
        vmenv.read_trace(file, "azure_arrivals", maps=tmp_path / "other")
    assert vmenv.read_trace(file, "azure_arrivals", maps=tmp_path / "other", lifetimes=tmp_path / "lives.txt").num_vms == 1
    with pytest.raises(SpecError, match="maps is 3: give a path"):
        vmenv.read_trace(file, "azure_arrivals", maps=3)


@pytest.mark.parametrize(("name", "line"), [("flav_map.txt", "2;3 g"), ("flav_map.txt", "0,1 g"), ("v1.interval_map.txt", "300")])
def test_a_malformed_map(name: str, line: str, tmp_path: Path) -> None:
    file = write(tmp_path, "0 a,|\n", "0 U0,|\n")
    with (tmp_path / name).open("a") as map_file:
        map_file.write(f"{line}\n")
    with pytest.raises(TraceError, match=rf"{name}:\d: the line is '{line}': it must be like"):
        vmenv.read_trace(file, "azure_arrivals")


def test_replay_plays_what_came_in_its_window(tmp_path: Path) -> None:
    scenario = vmenv.make_scenario("replay", path=str(write_azure_arrivals(tmp_path)), format="azure_arrivals", start_s=600, window_s=900)
    work = scenario.episode(0)
    assert work.arrival_us.tolist() == [0] * 3 + [1_000_000] * 3 + [2_000_000] * 3
    assert work.cpu_millicores.max() <= 8_000


@needs("azure_v1_arrivals")
def test_the_published_arrivals() -> None:
    folder = PUBLISHED / "azure_v1_arrivals" / "dev"  # of its files of flavours one has lifetimes
    work, report = read_trace_with_report(folder, "azure_arrivals")
    assert (work.num_vms, report.num_rows, report.num_bad_rows) == (259_159, 1_000, 0)
    assert (report.first_s, report.last_s) == (1_800_000, 2_099_700)
    assert report.oddities["VMs that were there at the end, so that they may have lived on"] == 14_317
    text = (folder / "v1.dev.txt").read_text()
    assert work.num_vms == sum(text.count(letter) for letter in "abcdefghijklmnop")
    sizes = np.bincount(work.tenant)
    assert 0.4 < (sizes == 1).mean() < 0.8, "most batches are small"
    with pytest.raises(TraceError, match="give lifetimes=path"):
        vmenv.read_trace(folder / "v1.train.first576lines.txt", "azure_arrivals")
