"""The benchmark: turns, arithmetic and tables on made-up contenders, and one real contender for a moment. No clock is asserted."""

from __future__ import annotations

import csv
import itertools
import sys
import threading
from pathlib import Path

import pytest

from experiments.bench import table
from experiments.bench.command import main
from experiments.bench.contender import CONTENDERS, Contender, Sample, Stopwatch, repeat
from experiments.bench.contenders.first_seconds import FirstSeconds
from experiments.bench.contenders.neighbours import COMPUTES, Beside
from experiments.bench.latency import _cycle, latencies_ns
from experiments.bench.machine import slug
from experiments.bench.machines import Machine, keep, kept, machines_table
from experiments.bench.measure import Measured, interleave, measure
from experiments.bench.page import missing_lines, once_lines, page
from experiments.bench.picture import growth_picture, rates_picture
from experiments.bench.programs import output_of
from experiments.bench.worker import MeasureError, Worker


class Fake(Contender):
    def __init__(self, title: str, growth: tuple[str, int] | None = None) -> None:
        self.title = title
        self.about = f"what {title} does"
        self.growth = growth

    def set_up(self) -> None:
        raise AssertionError("nothing is measured here")

    def run(self, seconds: float) -> Sample:
        raise AssertionError("nothing is measured here")


class Ours(Fake):
    ours = True
    yardsticks = ("other", "absent")


class Once(Fake):
    unit = "episodes"
    once = True


class Absent(Fake):
    packages = ("no-package-of-this-name",)


FACTS = {
    "processor": "Abacus",
    "cores": 2,
    "caches": {"L2": "1K"},
    "latency_ns": {"16 KiB": 3.5},
    "load": None,
    "commit": "abc",
    "date": "2026-01-02",
    "versions": {"numba": "0.1"},
}


def made_up() -> tuple[dict[str, Contender], Measured]:
    contenders = {
        "mine": Ours("mine"),
        "other": Fake("theirs"),
        "absent": Absent("nobody's"),
        "whole": Once("the whole"),
        "g16": Fake("g16", ("curve", 16)),
        "g64": Fake("g64", ("curve", 64)),
    }
    samples = {
        "mine": [Sample(400, 1), Sample(900, 1), Sample(200, 2)],  # rates 400, 900, 100
        "other": [Sample(100, 1), Sample(300, 1), Sample(50, 1)],
        "whole": [Sample(300, 1.5)],
        "g16": [Sample(1_000, 1), Sample(2_000, 1), Sample(1_000, 1)],
        "g64": [Sample(500, 1), Sample(500, 1), Sample(1_000, 2)],
    }
    return contenders, Measured(samples, {"absent": "the package is not installed"})


def test_everyone_has_a_turn_in_every_round_in_a_new_order_that_is_fixed() -> None:
    def orders() -> list[str]:
        turns: list[str] = []
        measured = Measured()
        interleave("abcdef", lambda name: turns.append(name) or Sample(1, 1), 5, measured)
        assert {name: len(samples) for name, samples in measured.samples.items()} == dict.fromkeys("abcdef", 5)
        return ["".join(turns[6 * k : 6 * k + 6]) for k in range(5)]

    rounds = orders()
    assert all(sorted(order) == list("abcdef") for order in rounds)
    assert len(set(rounds)) > 1
    assert orders() == rounds


def test_who_breaks_down_is_left_out_and_named() -> None:
    turns: list[str] = []

    def run(name: str) -> Sample:
        turns.append(name)
        if name == "b" and turns.count("b") == 2:
            raise MeasureError("OSError: broken")
        return Sample(1, 1)

    measured = Measured()
    interleave("abc", run, 4, measured)
    assert measured.missing == {"b": "OSError: broken"}
    assert {name: len(samples) for name, samples in measured.samples.items()} == {"a": 4, "c": 4}
    assert turns.count("b") == 2


def test_repeat_works_until_the_time_is_over_and_once_at_the_least() -> None:
    ticks = itertools.count(step=0.25)
    assert repeat(lambda: 3, 1.0, lambda: next(ticks)) == Sample(12, 1.0)
    ticks = itertools.count(step=5.0)
    assert repeat(lambda: 3, 1.0, lambda: next(ticks)) == Sample(3, 5.0)


def test_the_stopwatch_leaves_out_what_lies_between() -> None:
    times = iter([0.0, 1.0, 10.0, 12.5])
    watch = Stopwatch(lambda: next(times))
    with watch:
        pass
    with watch:
        pass
    assert watch.seconds == 3.5


def test_ratios_are_taken_round_by_round() -> None:
    contenders, measured = made_up()
    (pair,) = table.pairs(contenders, measured)
    assert pair == ("mine", "other", (3.0, 2.0, 4.0))  # of 4, 3, 2; the medians of the rates have the ratio 4
    assert table.growth(contenders, measured)["curve"][64] == ((500, 500, 500), (2.0, 2.0, 4.0))


def test_tables() -> None:
    contenders, measured = made_up()
    assert table.pair_table(contenders, measured).splitlines()[1:] == [
        "| --- | ---: | --- | ---: | ---: | ---: |",
        "| mine | 400 | theirs | 100 | **3** | 2 .. 4 |",
    ]
    assert table.rate_table(contenders, measured).splitlines()[2:] == [
        "| mine | decisions | 400 | 100 .. 900 | what mine does |",
        "| theirs | decisions | 100 | 50 .. 300 | what theirs does |",
    ]
    assert table.growth_table(contenders, measured).splitlines()[2:] == ["| 16 | 1,000 | 1 | 1 .. 1 |", "| 64 | 500 | 2 | 2 .. 4 |"]
    assert [table.number(value) for value in (1_234_567.0, 123.4, 99.94, 0.01234)] == ["1,230,000", "123", "99.9", "0.0123"]
    assert list(csv.DictReader(table.raw(measured).splitlines()))[2] == {
        "contender": "mine",
        "round": "2",
        "count": "200",
        "seconds": "2.000000",
        "rate": "100.0",
    }


def test_the_page_says_all_of_it() -> None:
    contenders, measured = made_up()
    text = page(contenders, {"this": Machine(FACTS, measured)}, "this", 1.0, 3)
    for part in (table.pair_table, table.rate_table, table.growth_tables, once_lines, missing_lines):
        assert part(contenders, measured) in text
    assert "- not measured: nobody's (`absent`): the package is not installed\n" in text
    assert "the whole: 1.5 s for 300 episodes. what the whole does." in text
    assert "this: Abacus, 2 cores. Caches of a core: L2 1K. A load from a random line: 3.5 ns in 16 KiB. 2026-01-02, commit abc. " in text
    assert "Versions: numba 0.1.\n" in text
    assert "All machines" not in text


def test_machines_are_kept_side_by_side(tmp_path: Path) -> None:
    contenders, measured = made_up()
    here, slower = Machine(FACTS, measured), Measured({"mine": [Sample(1, 1)], "other": [Sample(2, 1)]})
    keep(tmp_path, "this", here)
    keep(tmp_path, "that", Machine(FACTS | {"load": 0.25}, slower))
    machines = kept(tmp_path)
    assert machines["this"] == Machine(FACTS, Measured(measured.samples))
    assert machines_table(contenders, machines).splitlines()[2:] == ["| mine | theirs | 0.5 | 3 |"]
    text = page(contenders, machines, "this", 1.0, 3)
    assert "All machines" in text
    assert "that: Abacus, 2 cores, on which other programs had a load of 0.2 before it began." in text


def test_every_line_of_memory_is_met_once() -> None:
    following = _cycle(64 * 100)
    at, met = 0, []
    for _ in range(100):
        met.append(at)
        at = following[at]
    assert at == 0
    assert sorted(met) == list(range(0, 800, 8))
    assert latencies_ns([4])[4] > 0


def children() -> list[str]:
    """Returns the processes that this thread has begun."""
    return Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc who is there")
def test_neighbours_are_there_while_one_works_and_gone_afterwards() -> None:
    class Looks(Fake):
        def set_up(self) -> None:
            pass

        def run(self, seconds: float) -> Sample:
            there.append(len(children()) - before)
            return Sample(1, seconds)

    there: list[int] = []
    before = len(children())  # other tests may have begun some
    neighbours = Beside(Looks("it"), COMPUTES, 2, "two", ())
    neighbours.set_up()
    assert neighbours.run(0.5) == Sample(1, 0.5)
    assert there == [2, 2]
    assert len(children()) == before
    assert neighbours.title == "it, beside two"


def test_pictures_are_drawn_of_all_and_of_nothing() -> None:
    for contenders, measured in (made_up(), ({}, Measured())):
        assert rates_picture(contenders, measured).startswith(b"\x89PNG")
        assert growth_picture(contenders, measured).startswith(b"\x89PNG")


def test_every_contender_says_what_it_is_and_names_yardsticks_that_exist() -> None:
    for name in CONTENDERS.names():
        contender = CONTENDERS[name]
        assert contender.title
        assert contender.about
        assert set(contender.yardsticks) <= set(CONTENDERS.names())
    assert not {"jumanji", "or_gym"} & sys.modules.keys(), "finding the contenders must not import what they measure"


def test_a_missing_package_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "absent" not in CONTENDERS
    monkeypatch.setitem(CONTENDERS._entries, "absent", Absent("nobody's"))
    measured = measure(["absent"], 0.01, 2)
    assert measured.samples == {}
    assert measured.missing == {"absent": "the package no-package-of-this-name is not installed"}


def test_a_worker_says_what_went_wrong() -> None:
    worker = Worker()
    with pytest.raises(MeasureError, match="unknown contender 'cartpol': did you mean 'cartpole'"):
        worker.set_up("cartpol")
    with pytest.raises(MeasureError, match="AttributeError"):
        worker.run("cartpole", 0.01)  # was not set up
    worker.close()


def test_one_contender_from_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--seconds", "0.01", "--rounds", "2", "--only", "cartpole", "--out", str(tmp_path)])
    assert "| CartPole, env.step | decisions |" in capsys.readouterr().out
    assert "| CartPole, env.step | decisions |" in (tmp_path / "bench.md").read_text()
    (machine,) = (tmp_path / "bench").glob("*.csv")
    rows = list(csv.DictReader(machine.read_text().splitlines()))
    assert [(row["contender"], row["round"]) for row in rows] == [("cartpole", "0"), ("cartpole", "1")]
    assert all(float(row["rate"]) > 0 for row in rows)
    for name in ("bench.png", "growth.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_a_page_of_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It measures nothing, and refuses where nothing was kept."""
    monkeypatch.setattr("experiments.bench.command.measure", None)
    with pytest.raises(SystemExit, match="measure first"):
        main(["--page-only", "--out", str(tmp_path)])
    contender = CONTENDERS["arithmetic-1"]
    keep(tmp_path, slug(), Machine(FACTS, Measured({"arithmetic-1": [Sample(400, 1), Sample(500, 1)]})))
    main(["--page-only", "--out", str(tmp_path)])
    assert contender.title in (tmp_path / "bench.md").read_text()
    assert {file.name for file in tmp_path.iterdir()} == {"bench", "bench.md", "bench.png", "growth.png"}


@pytest.mark.parametrize("arguments", [["--only", "nobody"], ["--rounds", "0"], ["--seconds", "-1"]])
def test_mistakes_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert "error: " in capsys.readouterr().err


def test_list_names_all(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--list"])
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == CONTENDERS.names()


MINUTES = (
    "evaluate-all",
    "first-step",
    "first-batch-step",
    "first-seconds",
    "import",
    "index-search",
    "ppo",
    "ppo-environment",
)  # what takes long to set up


def of_ours() -> list[object]:
    """Returns the names of the contenders that are vmenv; of curves and scenarios, a few do for every day."""
    ours = [name for name in CONTENDERS.names() if CONTENDERS[name].ours]
    rarely = [name for name in ours if name.startswith(("new-", "kept-")) and not name.endswith("-thrash")]
    slow = [
        name
        for name in ours
        if name in (*MINUTES, *rarely) or name.endswith(("-busy", "-stream")) or (CONTENDERS[name].growth or ("", 0))[1] > 16
    ]
    return [pytest.param(name, marks=pytest.mark.slow) if name in slow else name for name in ours]


def test_the_first_seconds_are_played() -> None:
    """By the program that is measured, for a moment: ten seconds of it are nobody's every day."""
    assert FirstSeconds().play(0.05).count > 0


def test_a_program_that_fails_says_why() -> None:
    assert output_of("import sys; print(sys.argv[1])", "word") == "word\n"
    with pytest.raises(MeasureError, match="ValueError: no good"):
        output_of("raise ValueError('no good')")


@pytest.mark.parametrize("name", of_ours())
def test_every_contender_of_ours_runs(name: str) -> None:
    """What nobody runs but once a month breaks unseen."""
    contender = CONTENDERS[name]
    contender.set_up()
    assert contender.run(0.001).count > 0
