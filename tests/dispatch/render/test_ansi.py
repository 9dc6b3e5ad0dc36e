"""The text shows every VM that the next decision is about, and nothing that a scheduler may not see."""

from __future__ import annotations

import pytest

import vmenv
from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.render import render_ansi
from vmenv.dispatch.render.ansi import MOST_LINES
from vmenv.dispatch.scenarios.host import OwnHost
from vmenv.errors import SpecError

HOST = vmenv.Host(quantum_us=10_000, switch_us=2_000)


def run_of(arrival_us: list[int], work_us: list[int], horizon_us: int) -> vmenv.Run:
    work = vmenv.Workload.from_arrays(arrival_us, work_us)
    return vmenv.simulate(HOST, work, "tsrr", horizon_us=horizon_us, record=True, interpreted=True)


def test_waiting_start_cost_and_service_have_their_characters() -> None:
    # VM 1: switch 0-2 ms, serves to 12; VM 0, there from 4 ms: switch 12-14, serves to 20, where the run is cut.
    assert render_ansi(run_of([4_000, 0], [50_000, 50_000], 20_000), width=20).splitlines() == [
        "t = 0.020 s   present 2   done 0 of 2",
        "   cpu [########################~~~~~~]  80 % service,  20 % start costs so far",
        " disk0 [                              ]   0 % service,   0 % start costs so far",
        "  nic0 [                              ]   0 % service,   0 % start costs so far",
        "    VM attained s  waited s grants  from 0.000 s to 0.020 s",
        "     1      0.010     0.008      1  ~~##########........",
        "     0      0.006     0.008      1      ........~~######",
    ]


@pytest.mark.parametrize("at_us", [0, 5_000])
def test_who_has_just_arrived_is_listed(at_us: int) -> None:
    work = vmenv.Workload.from_arrays([at_us, at_us], [10_000, 15_000])
    episodes = DispatchEpisodes(OwnHost(host=HOST, workload=work, num_slots=2), 1, log_length=8, interpreted=True)
    episodes.restart([0], [0])
    lines = render_ansi(episodes.run(0)).splitlines()
    assert lines[0].endswith("present 2   done 0 of 2")
    assert [line.split() for line in lines[-2:]] == [["0", "0.000", "0.000", "0"], ["1", "0.000", "0.000", "0"]]


def test_the_text_tells_no_size() -> None:
    texts = {render_ansi(run_of([0, 0], [size, size], 20_000)) for size in (30_000, 90_000)}
    assert len(texts) == 1


def test_long_tables_are_cut() -> None:
    lines = render_ansi(run_of([0] * (MOST_LINES + 2), [5_000] * (MOST_LINES + 2), 1_000)).splitlines()
    assert lines[-1].strip() == "and 2 more"
    assert len(lines) == 5 + MOST_LINES + 1


def test_the_text_is_plain() -> None:
    text = render_ansi(run_of([0, 0], [30_000, 30_000], 20_000))
    assert text.isascii()
    assert text.endswith("\n")
    assert max(len(line) for line in text.splitlines()) <= 80


def test_a_record_is_needed() -> None:
    with pytest.raises(SpecError, match="record=True"):
        render_ansi(vmenv.simulate(HOST, vmenv.Workload.from_arrays([0], [1_000]), interpreted=True))
