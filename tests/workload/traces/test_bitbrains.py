"""The Bitbrains reader: every trap of the format on tiny files, broken input, and the published files where they are present."""

import csv
import gzip
import itertools
import math
import warnings
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vmenv.errors import SpecError, TraceError, UnknownNameError
from vmenv.workload import Workload
from vmenv.workload.trace import TraceReport, list_trace_formats, read_trace, read_trace_with_report

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


# --- what a row means -------------------------------------------------------------------------------------------------------------------


def test_usage_becomes_demand_rounded_up_with_memory_in_kib_and_both_directions_summed(tmp_path: Path) -> None:
    file = write(tmp_path / "1.csv", row(1000, 500.5, memory_kb=1025, disk=(0.2, 0.9), net=(1.5, 2.5)), row(1300))
    work, _ = read(file)
    assert phases(work) == [(300 * S, 501, 2, 2, 4), (600 * S, *IDLE)]
    assert work.arrival_us.tolist() == [0]
    assert (work.weight.tolist(), work.slo_us.tolist(), work.image_mib.tolist()) == ([1], [0], [0])


def test_numbers_in_e_notation(tmp_path: Path) -> None:
    work, _ = read(write(tmp_path / "1.csv", row("1.0E3", "5.0E2", memory_kb="2.097152E6")))
    assert phases(work) == [(600 * S, 500, 2048, 0, 0)]


def test_floating_noise_is_not_rounded_up(tmp_path: Path) -> None:
    noisy_cpu = row(1000, 28.6, cores=4, capacity_mhz=10_400)  # 11.000000000000002 millicores in floats
    more_cpu = row(1300, 28.603, cores=4, capacity_mhz=10_400)  # 11.001
    assert math.ceil(28.6 / 10_400 * 4 * 1000) == 12
    assert phases(read(write(tmp_path / "1.csv", noisy_cpu, more_cpu))[0]) == [(300 * S, 11, 1, 0, 0), (600 * S, 12, 1, 0, 0)]


def test_usage_above_the_capacity_is_kept(tmp_path: Path) -> None:
    work, _ = read(write(tmp_path / "1.csv", row(1000, 3640, memory_kb=9_437_184)))
    assert phases(work) == [(600 * S, 3640, 9216, 0, 0)]


def test_cores_and_capacity_may_change_inside_a_file(tmp_path: Path) -> None:
    before, after = row(1000, 500, cores=1, capacity_mhz=1000), row(1300, 500, cores=4, capacity_mhz=10_000)
    assert phases(read(write(tmp_path / "1.csv", before, after))[0]) == [(300 * S, 500, 1, 0, 0), (600 * S, 200, 1, 0, 0)]


# --- what a timestamp means -------------------------------------------------------------------------------------------------------------


def test_the_larger_capacity_of_repeated_timestamps_counts_wherever_it_stands(tmp_path: Path) -> None:
    off = row(1000, cores=0, capacity_mhz=0)
    again = row(1300, 900, cores=0, capacity_mhz=0)
    file = write(tmp_path / "1.csv", off, row(1000, 100), row(1300, 200), again, again)
    work, report = read(file)
    assert phases(work) == [(300 * S, 100, 1, 0, 0), (600 * S, 200, 1, 0, 0)]
    assert (report.num_rows, report.num_repeated_rows, report.num_off_rows) == (5, 3, 0)


def test_of_repeated_timestamps_with_equal_capacity_the_first_counts(tmp_path: Path) -> None:
    assert phases(read(write(tmp_path / "1.csv", row(1000, 100), row(1000, 200)))[0]) == [(600 * S, 100, 1, 0, 0)]


def test_rows_out_of_order_are_sorted(tmp_path: Path) -> None:
    file = write(tmp_path / "1.csv", row(1300, 200), row(1000, 100), row(1600, 300))
    assert [phase[:2] for phase in phases(read(file)[0])] == [(300 * S, 100), (300 * S, 200), (600 * S, 300)]


def test_capacity_zero_is_no_sample_and_ends_the_one_before(tmp_path: Path) -> None:
    off = [row(time_s, cores=0, capacity_mhz=0, net=(0, 4)) for time_s in (1300, 1600, 1900)]
    work, report = read(write(tmp_path / "1.csv", row(1000, 100), *off, row(2200, 200)))
    assert phases(work) == [(300 * S, 100, 1, 0, 0), (600 * S, 200, 1, 0, 0)]
    assert (report.num_rows, report.num_off_rows, report.num_repeated_rows) == (5, 3, 0)


def test_an_off_row_between_two_close_samples_ends_nothing(tmp_path: Path) -> None:
    file = write(tmp_path / "1.csv", row(1000, 100), row(1001, cores=0, capacity_mhz=0), row(1300, 200))
    assert phases(read(file)[0]) == [(300 * S, 100, 1, 0, 0), (600 * S, 200, 1, 0, 0)]


def test_the_window_starts_at_the_first_sample_and_not_at_an_off_row(tmp_path: Path) -> None:
    work, report = read(write(tmp_path / "1.csv", row(400, cores=0, capacity_mhz=0), row(1000)))
    assert (report.start_s, work.arrival_us.tolist()) == (1000, [0])


def test_a_gap_counts_up_to_max_gap_s_and_the_vm_goes_on(tmp_path: Path) -> None:
    file = write(tmp_path / "1.csv", row(1000, 100), row(1600, 200), row(1600 + 31 * 3600, 300))
    for gap_s, expected_s in {
        600: [600, 600, 600],
        599: [599, 599, 599],
        10: [10, 10, 10],
        200_000: [600, 111_600, 87_800],  # the last one to the end of the window
    }.items():
        work, _ = read(file, duration_s=200_000, max_gap_s=gap_s)
        assert [phase[:2] for phase in phases(work)] == [(s * S, cpu) for s, cpu in zip(expected_s, (100, 200, 300), strict=True)]


def test_equal_neighbours_are_one_phase_even_over_a_gap(tmp_path: Path) -> None:
    file = write(tmp_path / "1.csv", row(1000, 100), row(1300, 100.0), row(9000, 99.5), row(9300, 200), row(9600, 100))
    assert phases(read(file)[0]) == [(300 * S + 600 * S + 300 * S, 100, 1, 0, 0), (300 * S, 200, 1, 0, 0), (600 * S, 100, 1, 0, 0)]


# --- the window -------------------------------------------------------------------------------------------------------------------------


def test_the_window_takes_the_samples_that_begin_in_it_and_cuts_the_last(tmp_path: Path) -> None:
    file = write(tmp_path / "1.csv", *(row(1000 + 300 * k, 100 * k) for k in range(5)))
    work, report = read(file, start_s=1100, duration_s=600)
    assert phases(work) == [(300 * S, 100, 1, 0, 0), (100 * S, 200, 1, 0, 0)]
    assert work.arrival_us.tolist() == [200 * S]
    assert report.start_s == 1100
    assert phases(read(file, start_s=1300, duration_s=300)[0]) == [(300 * S, 100, 1, 0, 0)]  # the end is not part of the window


def test_compression_divides_work_and_arrival_and_rounds_both_up(tmp_path: Path) -> None:
    first = write(tmp_path / "1.csv", row(1000, 100), row(1300, 200), row(1600, 300))
    later = write(tmp_path / "2.csv", row(1301, 100))
    work, _ = read([first, later], duration_s=900, compression=300)
    assert [phase[0] for phase in phases(work)] == [S, S, S]
    assert work.arrival_us.tolist() == [0, math.ceil(301 * S / 300)]
    assert [phase[0] for phase in phases(read(first, duration_s=900, compression=7)[0])] == [42_857_143] * 3
    assert [phase[0] for phase in phases(read(first, duration_s=900, compression=2**31 - 1)[0])] == [1] * 3


def test_a_merged_phase_is_rounded_once(tmp_path: Path) -> None:
    file = write(tmp_path / "1.csv", row(1000), row(1300), row(1600))
    assert phases(read(file, duration_s=900, compression=7)[0]) == [(math.ceil(900 * S / 7), *IDLE)]


def test_a_vm_without_a_sample_in_the_window_is_left_out(tmp_path: Path) -> None:
    files = [
        write(tmp_path / "1.csv", row(90_000)),
        write(tmp_path / "2.csv", row(1000, 100)),
        write(tmp_path / "3.csv"),
        write(tmp_path / "4.csv", row(1000, cores=0, capacity_mhz=0)),
    ]
    work, report = read(files, duration_s=600)
    assert work.num_vms == 1
    assert report.files == (files[1],)
    assert report.left_out == (files[0], files[2], files[3])


def test_no_vm_left_names_the_span_of_the_files(tmp_path: Path) -> None:
    files = [write(tmp_path / "1.csv", row(1000), row(1300)), write(tmp_path / "2.csv", row(1600))]
    with pytest.raises(TraceError, match=r"start_s=5000.* 1000 to 1600"):
        read(files, start_s=5000)
    with pytest.raises(TraceError, match=r"start_s=1100.*1000 to 1600"):
        read(files, start_s=1100, duration_s=200)


@pytest.mark.parametrize("rows", [[], [row(1000, cores=0, capacity_mhz=0)]])
def test_no_sample_at_all(tmp_path: Path, rows: list[str]) -> None:
    with pytest.raises(TraceError, match=r"no sample|none of the 1 files has a sample"):
        read(write(tmp_path / "1.csv", *rows))


# --- broken files -----------------------------------------------------------------------------------------------------------------------

BROKEN = {
    "1300;\t2;\t2000": "3 fields, the header 11",
    row(1300) + ";\t": "12 fields",
    row(1300, "fast"): "'fast', which is no number",
    row(1300, ""): "'', which is no number",
    row(1300, "nan"): "CPU usage .* is nan: it must be finite",
    row(1300, disk=("inf", 0)): "Disk read .* is inf: it must be finite",
    row(1300, memory_kb=-1): "Memory usage .* is -1: .* not negative",
    row(1_372_629_804_000): "Unix seconds",
    row(1300, 0, cores=1e300): r"CPU cores is 1e\+300: it must be at most 2147483647",
    row(1300, 1, cores=0): "capacity without cores",
    row(1300, 1, capacity_mhz="1E-9"): "a demand above 2147483647",
    row(1300, net=("2E9", "2E9")): "a demand above 2147483647",
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("broken", BROKEN, ids=BROKEN.values())
def test_a_malformed_row_stops_the_read_with_file_and_line_unless_skipped(tmp_path: Path, broken: str) -> None:
    file = write(tmp_path / "1.csv", row(1000, 100), "", broken, row(1600, 200), "garbage")
    with pytest.raises(TraceError, match=BROKEN[broken]) as caught:
        read(file)
    assert str(caught.value).startswith(f"{file}:4: ")
    assert "skip_bad_rows=True" in str(caught.value)

    work, report = read(file, skip_bad_rows=True)
    assert phases(work) == [(600 * S, 100, 1, 0, 0), (600 * S, 200, 1, 0, 0)]
    assert (report.num_rows, report.num_bad_rows) == (4, 2)


def test_the_first_malformed_row_is_named_whatever_is_wrong_with_it(tmp_path: Path) -> None:
    file = write(tmp_path / "1.csv", row(1000), row(1300, -5), "garbage")
    with pytest.raises(TraceError, match=r"1\.csv:3: CPU usage"):
        read(file)


def test_read_trace_warns_once_with_the_count_of_skipped_rows(tmp_path: Path) -> None:
    files = [write(tmp_path / name, "garbage", row(1000), "garbage") for name in ("1.csv", "2.csv")]
    with pytest.warns(UserWarning, match="skipped 4 malformed rows of 6") as caught:
        work = read_trace(files, "bitbrains", skip_bad_rows=True)
    assert work.num_vms == 2
    assert [warning.filename for warning in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_trace(write(tmp_path / "3.csv", row(1000)), format="bitbrains", skip_bad_rows=True)


@pytest.mark.parametrize("content", ["", "\n", "a,b\n1,2\n", "1000;2;2000\n", "\0\1\2"])
def test_another_header_is_no_bitbrains_file(tmp_path: Path, content: str) -> None:
    file = tmp_path / "1.csv"
    file.write_text(content)
    with pytest.raises(TraceError, match="no column 'Timestamp") as caught:
        read(file, skip_bad_rows=True)
    assert str(caught.value).startswith(f"{file}:1: ")


def test_columns_are_found_by_name(tmp_path: Path) -> None:
    plain = write(tmp_path / "1.csv", row(1000, 100, disk=(1, 2)))
    names, values = (line.split(";\t") for line in plain.read_text().splitlines())
    swapped = tmp_path / "2.csv"
    swapped.write_bytes(b"\xef\xbb\xbf" + f"{';'.join(names[::-1])}\r\n{'; '.join(values[::-1])}\r\n\r\n".encode())
    assert phases(read(swapped)[0]) == phases(read(plain)[0]) == [(600 * S, 100, 1, 3, 0)]


# --- paths ------------------------------------------------------------------------------------------------------------------------------


def test_a_folder_is_read_in_natural_order_plain_and_gzipped_and_nothing_else(tmp_path: Path) -> None:
    for number in (10, 2, 1):
        write(tmp_path / f"{number}.csv", row(1000, number))
    packed = tmp_path / "3.csv.gz"
    packed.write_bytes(gzip.compress(write(tmp_path / "x", row(1000, 3)).read_bytes()))
    (tmp_path / "notes.txt").write_text("not a trace")
    (tmp_path / ".hidden.csv").write_text("not a trace")
    work, report = read(str(tmp_path))
    assert work.cpu_millicores.tolist() == [1, 2, 3, 10]
    assert [file.name for file in report.files] == ["1.csv", "2.csv", "3.csv.gz", "10.csv"]
    backwards = read_trace([packed, str(tmp_path / "2.csv")], "bitbrains")
    assert backwards.cpu_millicores.tolist() == [3, 2]


def test_a_gz_name_with_plain_content_is_read(tmp_path: Path) -> None:
    assert phases(read(write(tmp_path / "1.csv.gz", row(1000)))[0]) == [(600 * S, *IDLE)]


@pytest.mark.parametrize("damage", [lambda whole: whole[:-9], lambda whole: whole[:12] + b"\0" * 20 + whole[32:]], ids=["cut", "changed"])
def test_a_damaged_gzip_file_is_named(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    file = tmp_path / "1.csv.gz"
    file.write_bytes(damage(gzip.compress(write(tmp_path / "x", *(row(1000 + k, k) for k in range(99))).read_bytes())))
    with pytest.raises(TraceError, match=r"1\.csv\.gz: cannot be read"):
        read(file)


def test_missing_and_empty_places(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"nowhere.* does not exist .*give a file, a folder, or a list"):
        read(tmp_path / "nowhere")
    with pytest.raises(TraceError, match=r"holds no file \*\.csv\[\.gz\]: give the folder"):
        read(tmp_path)
    (tmp_path / "2013-8").mkdir()
    with pytest.raises(TraceError, match=r"subfolders \(2013-8\)"):
        read(tmp_path)
    with pytest.raises(TraceError, match="empty list"):
        read([])
    with pytest.raises(SpecError, match="path is 3: give a file"):
        read(3)


def test_a_file_both_plain_and_gzipped_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "1.csv", row(1000))
    write(tmp_path / "1.csv.gz", row(1000))
    with pytest.raises(TraceError, match=r"holds 1\.csv both plain and gzipped"):
        read(tmp_path)


# --- options ----------------------------------------------------------------------------------------------------------------------------


def test_names_are_checked(tmp_path: Path) -> None:
    file = write(tmp_path / "1.csv", row(1000))
    assert "bitbrains" in list_trace_formats()
    with pytest.raises(UnknownNameError, match="unknown trace format 'bitbrain': did you mean 'bitbrains'"):
        read_trace(file, "bitbrain")
    with pytest.raises(SpecError, match="no parameter 'duration': did you mean 'duration_s'"):
        read_trace(file, "bitbrains", duration=3600)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("start_s", -1),
        ("start_s", 1000.0),
        ("start_s", 1_372_629_804_000),
        ("duration_s", 0),
        ("duration_s", None),
        ("compression", 0),
        ("compression", 1.5),
        ("compression", True),
        ("max_gap_s", 0),
        ("max_gap_s", "600"),
        ("skip_bad_rows", 1),
        ("skip_bad_rows", "no"),
    ],
)
def test_values_are_checked(tmp_path: Path, option: str, value: Any) -> None:
    with pytest.raises(SpecError, match=f"{option} is .*: give "):
        read(write(tmp_path / "1.csv", row(1000)), **{option: value})


def test_numpy_numbers_are_whole_numbers(tmp_path: Path) -> None:
    file = write(tmp_path / "1.csv", row(1000))
    assert phases(read(file, start_s=np.int64(1000), compression=np.int32(300))[0]) == [(2 * S, *IDLE)]


# --- the published files ----------------------------------------------------------------------------------------------------------------

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
