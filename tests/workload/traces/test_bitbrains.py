"""The Bitbrains reader: what rows, timestamps and the window mean, every trap of the format on tiny files."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.workload.traces.bitbrains import IDLE, S, phases, read, row, write
from vmenv.errors import TraceError


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
