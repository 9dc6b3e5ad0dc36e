"""Golden digests: what these runs did, to the last event, in this version. One file a scheduler, in `digests`.

A change here means that published numbers change. It needs a line in CHANGELOG.md under "Numbers changed".

    python -m tests.golden.test_digests            writes the files of schedulers that have none
    python -m tests.golden.test_digests --renew    writes all of them anew
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from vmenv.dispatch.simulation import simulate
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import list_schedulers, make_scheduler

GOLDEN = Path(__file__).parent / "digests"
COMMAND = "python -m tests.golden.test_digests"


def digests(name: str) -> dict[str, str]:
    """Returns the digest of seed 0 of the scenarios that need nothing from outside."""
    found = {}
    for scenario_name in ("mm1", "thrash", "bursts", "neighbours", "backup"):
        scenario = make_scenario(scenario_name)
        run = simulate(
            scenario.build_host(), scenario.episode(0), make_scheduler(name), num_slots=scenario.num_slots, objective=scenario.objective
        )
        found[scenario_name] = run.digest()
    return found


def write_digests(names: list[str], folder: Path = GOLDEN, renew: bool = False) -> list[str]:
    """Writes the files of those schedulers that have none, or of all of them, and returns whose."""
    written = [name for name in names if renew or not (folder / f"{name}.json").exists()]
    for name in written:
        (folder / f"{name}.json").write_text(json.dumps(digests(name), indent=2, sort_keys=True) + "\n")
    return written


@pytest.mark.parametrize("name", list_schedulers())
def test_digests_are_what_they_were(name: str) -> None:
    file = GOLDEN / f"{name}.json"
    if not file.exists():
        pytest.skip(f"{name} has no golden digests yet: {COMMAND} writes them")
    assert digests(name) == json.loads(file.read_text())


def test_every_file_is_that_of_a_scheduler() -> None:
    """One that was renamed or taken away would otherwise leave its file behind, and a renamed one would not be compared."""
    assert {file.stem for file in GOLDEN.iterdir()} <= set(list_schedulers())


def test_writing_leaves_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "tsrr.json").write_text("kept")
    assert write_digests(["fcfs", "tsrr"], tmp_path) == ["fcfs"]
    assert (tmp_path / "fcfs.json").read_text() == (GOLDEN / "fcfs.json").read_text()
    assert (tmp_path / "tsrr.json").read_text() == "kept"
    assert write_digests(["tsrr"], tmp_path, renew=True) == ["tsrr"]
    assert (tmp_path / "tsrr.json").read_text() == (GOLDEN / "tsrr.json").read_text()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write golden digests.")
    parser.add_argument("--renew", action="store_true", help="write those anew that there are")
    print("written:", ", ".join(write_digests(list_schedulers(), renew=parser.parse_args().renew)) or "nothing")
