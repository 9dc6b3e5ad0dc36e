"""The Bitbrains reader on the published files, where they are present."""

from __future__ import annotations

import csv
import gzip
import itertools
import math
from decimal import Decimal
from pathlib import Path

import pytest

from tests.workload.traces.bitbrains import S, phases, read
from vmenv.errors import TraceError

PUBLISHED = Path(__file__).parents[3] / ".." / "shared" / "traces" / "bitbrains_rnd"
needs_files = pytest.mark.skipif(not (PUBLISHED / "dev" / "INDEX.csv").is_file(), reason="no trace files in ../shared/traces/bitbrains_rnd")
MONTH_S = 32 * 86_400


def index() -> list[dict[str, str]]:
    with (PUBLISHED / "dev" / "INDEX.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def exact_demands(file: Path) -> dict[int, tuple[int, ...]]:
    """{time_s: demands} of a file without quirks, from the column of percents, in decimals."""
    with gzip.open(file, "rt") as lines:
        next(lines)
        rows = [[Decimal(text.strip()) for text in line.split(";")] for line in lines]
    tiny = Decimal("1E-6")
    return {
        int(time): tuple(
            math.ceil(value.quantize(tiny)) for value in (percent * cores * 10, memory / 1024, disk_in + disk_out, net_in + net_out)
        )
        for time, cores, _, _, percent, _, memory, disk_in, disk_out, net_in, net_out in rows
    }


@needs_files
def test_published_row_counts() -> None:
    for entry in index():
        work, report = read(PUBLISHED / entry["path"], duration_s=MONTH_S)
        repeated, off = int(entry["dup_ts_rows"]), int(entry["cap0_rows"])
        assert (report.num_rows, report.num_bad_rows, work.num_vms) == (int(entry["rows"]), 0, 1), entry["path"]
        assert report.num_repeated_rows == repeated
        assert report.num_off_rows == off - repeated  # every repeated timestamp of these files is a time off
        assert work.num_phases[0] <= report.num_rows - off


@needs_files
@pytest.mark.parametrize(
    ("path", "last_sample_s"), [("2013-7/125", 1_373_963_136), ("2013-9/44", 1_379_947_072), ("2013-9/180", 1_379_597_971)]
)
def test_published_vms_that_go_off_for_good(path: str, last_sample_s: int) -> None:
    file = PUBLISHED / "dev" / f"{path}.csv.gz"
    work, _ = read(file, start_s=last_sample_s - 1, duration_s=MONTH_S)
    assert (work.num_phases.tolist(), work.work_us.tolist(), work.arrival_us.tolist()) == ([1], [300 * S], [S])
    with pytest.raises(TraceError, match=f"to {last_sample_s} "):
        read(file, start_s=last_sample_s + 1)


@needs_files
def test_published_month_equals_exact_arithmetic() -> None:
    folder = PUBLISHED / "dev" / "2013-8"
    work, report = read(folder)
    assert (work.num_vms, report.left_out, report.num_rows) == (24, (), 206_958)
    assert work.arrival_us.tolist() == [0] * 24
    assert work.size_us.tolist() == [86_400 * S] * 24  # no gap above max_gap_s in the first day
    for vm, file in enumerate(report.files):
        times = {time: demands for time, demands in exact_demands(file).items() if 0 <= time - report.start_s < 86_400}
        borders = [*times, report.start_s + 86_400]
        expected: list[tuple[int, ...]] = []
        for begin, end in itertools.pairwise(borders):
            if expected and expected[-1][1:] == times[begin]:
                expected[-1] = (expected[-1][0] + (end - begin) * S, *times[begin])
            else:
                expected.append(((end - begin) * S, *times[begin]))
        assert phases(work, vm) == expected, file.name


@needs_files
def test_published_gaps_and_months() -> None:
    july = PUBLISHED / "dev" / "2013-7" / "230.csv.gz"
    whole, report = read(july, duration_s=MONTH_S, compression=300)
    assert whole.size_us[0] < MONTH_S * S // 300 - 110_414 * S // 300  # the gap of 31 h is not replayed
    both, report = read([july, PUBLISHED / "dev" / "2013-9" / "230.csv.gz"], duration_s=3 * MONTH_S)
    assert both.num_vms == 2
    assert both.arrival_us.tolist() == [0, (1_377_986_608 - report.start_s) * S]
