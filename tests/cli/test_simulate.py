"""`vmenv list` and `vmenv simulate`: what they print, write and refuse; and that a trace for Perfetto tells what the run's metrics tell."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vmenv
from vmenv.cli.main import main
from vmenv.dispatch.render.timeline import write_timeline


def test_a_timeline_tells_what_the_metrics_tell(tmp_path: Path) -> None:
    scenario = vmenv.make_scenario("thrash", num_vms=30)
    run = vmenv.simulate(scenario.build_host(), scenario.episode(0), "las", num_slots=8, record=True)
    write_timeline(run, tmp_path / "run.json")
    events: list[dict[str, Any]] = json.loads((tmp_path / "run.json").read_text())["traceEvents"]

    def spans(name: str) -> np.ndarray:
        found = np.zeros(run.num_vms, np.int64)
        for event in events:
            if event["ph"] == "X" and event["name"] == name:
                found[event["tid"] - 1] += event["dur"]
        return found

    np.testing.assert_array_equal(spans("service"), run.attained_us)
    np.testing.assert_array_equal(spans("start cost"), run.overhead_us)
    np.testing.assert_array_equal(spans("present"), run.response_us)
    assert spans("present").mean() == run.metrics()["mean_response_us"]
    for name in (*run.host.device_names, "VMs present", "VMs with a grant"):
        values = [(event["ts"], event["args"]["value"]) for event in events if event["ph"] == "C" and event["name"].startswith(name)]
        assert values == sorted(values, key=lambda pair: pair[0])
        assert values[-1][1] == 0
    held = [(event["ts"], event["args"]["value"]) for event in events if event["ph"] == "C" and event["name"] == "cpu, held"]
    area = sum(value * (after - at) for (at, value), (after, _) in itertools.pairwise(held))
    demands = run.workload.cpu_millicores * (run.attained_us + run.overhead_us)
    assert area == pytest.approx(demands.sum() / run.host.capacities[0], rel=1e-6)
    present = [(event["ts"], event["args"]["value"]) for event in events if event["name"] == "VMs present" and event["ph"] == "C"]
    area = sum(value * (after - at) for (at, value), (after, _) in itertools.pairwise(present))
    assert area == run.response_us.sum(), "Little's law, exactly"


def test_without_a_record_there_is_no_timeline(tmp_path: Path) -> None:
    run = vmenv.simulate(vmenv.Host(), vmenv.Workload.from_arrays([0], [5]))
    with pytest.raises(vmenv.errors.SpecError, match="no record of its grants"):
        write_timeline(run, tmp_path / "run.json")


def test_simulate_prints_draws_and_exports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["simulate", "las", "num_vms=12", "load=0.5", "--seed", "3", "--json"]
    assert main([*command, "--gantt", str(tmp_path / "a.svg"), "--perfetto", str(tmp_path / "a.json")]) == 0
    told = json.loads(capsys.readouterr().out)
    (row,) = vmenv.evaluate("las", "thrash", [3], num_vms=12, load=0.5)
    assert told == {name: value for name, value in row.items() if name != "seed"}
    assert (tmp_path / "a.svg").read_text().startswith("<?xml")
    assert main(["simulate", "srpt", "--scenario", "mm1", "num_vms=5"]) == 0
    assert "mean_response_us" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["simulate", "lass"], "did you mean 'las'"),
        (["simulate", "las", "--scenario", "trash"], "did you mean 'thrash'"),
        (["simulate", "las", "laod=1"], "unknown key 'laod': did you mean 'load'"),
        (["simulate", "las", "load"], "is no setting of scenario 'thrash'"),
        (["simulate", "las", "load=0"], "load is 0"),
        (["simulate", "las", "--scenario", "share_spells"], "about share"),
        (["simulate", "las", "--seed", "-1"], "seed is -1"),
        (["simulate", "las", "num_vms=5", "--gantt", "/nowhere/a.png"], "cannot be written"),
        (["simulate", "las", "num_vms=5", "--gantt", "a.nothing"], "cannot be written"),
    ],
)
def test_mistakes_have_one_line(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("what", ["scenarios", "schedulers", "policies", "traces", "suites"])
def test_lists(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", what]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert main(["list", what, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [line.split()[0] for line in lines] == list(told)
    assert all(told.values())
