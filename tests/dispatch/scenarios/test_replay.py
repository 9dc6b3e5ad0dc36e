"""replay on the real trace, where it is present: read, simulate with all schedulers, compare."""

from __future__ import annotations

from pathlib import Path

import pytest

import vmenv
from vmenv.workload.trace import read_trace_with_report

MONTH = Path(__file__).parents[4] / "shared/traces/bitbrains_rnd/dev/2013-8"
pytestmark = pytest.mark.skipif(not MONTH.is_dir(), reason="the Bitbrains sample is not on this machine")


def test_a_real_window_end_to_end() -> None:
    _, report = read_trace_with_report(MONTH, "bitbrains")
    start_s = report.first_s + 10 * 86_400
    work = vmenv.read_trace(MONTH, format="bitbrains", start_s=start_s, duration_s=3_600, compression=300)
    scenario = vmenv.make_scenario("replay", path=str(MONTH), start_s=start_s, cpus=4, memory_mib=8_192)
    assert work.num_vms == scenario.episode(0).num_vms == len(report.files) == 24
    slowdown = {}
    for name in vmenv.list_schedulers():
        (row,) = vmenv.evaluate(name, scenario, [0])
        assert row["num_unfinished"] == 0
        assert row["mean_slowdown"] >= 1.0
        slowdown[name] = row["mean_slowdown"]
    assert len(set(slowdown.values())) > 4, "the host is contended, so that schedulers differ"


def test_windows_are_drawn_by_the_seed() -> None:
    scenario = vmenv.make_scenario("replay", path=str(MONTH))
    works = [scenario.episode(seed) for seed in range(3)]
    assert len({tuple(work.work_us.tolist()) for work in works}) == 3
