"""The page of batch scheduling: its figures are those of the rule told by event in plain Python, on a made-up log and on real ones."""

from __future__ import annotations

import gzip
import math
import random
import re
import shlex
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from experiments.batch import command
from experiments.batch.job_index import JobIndex
from experiments.batch.learned import INDEX, POLICIES, SEARCH, SEARCHED, commands, folder_of, searched, ship, trained_on
from experiments.batch.page import section
from experiments.batch.settings import ORDERS, SETTINGS, Window, play, windows_of
from tests.dispatch.loop.test_committing import Job, Score, starts_of
from vmenv.dispatch.saved import save_scheduler
from vmenv.dispatch.scenarios.batch import Batch
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.saved import read_card
from vmenv.errors import SpecError

LOGS = Path(__file__).parents[3] / "shared/traces/swf/dev"
real = pytest.mark.skipif(not LOGS.is_dir(), reason="the SWF samples are not on this machine")

# As they are written in simulators of batch scheduling: submission, run time, processors, requested time; then the time.
PUBLISHED: dict[str, Score] = {
    "FCFS": lambda job, now: job[0],
    "SJF": lambda job, now: job[3],
    "WFP3": lambda job, now: -(((now - job[0]) / job[3]) ** 3) * job[2],
    "UNICEP": lambda job, now: -(now - job[0] + 1e-15) / (math.log2(job[2] + 1e-15) * job[3]),
    "F1": lambda job, now: math.log10(job[3]) * job[2] + 870 * math.log10(job[0]),
    "WFP3 as published": lambda job, now: -(((-1 - job[0]) / job[3]) ** 3) * job[2],
    "UNICEP as published": lambda job, now: -(-1 - job[0] + 1e-15) / (math.log2(job[2] + 1e-15) * job[3]),
}


def jobs_in(lines: Iterable[str], node: int) -> list[Job]:
    """Returns the jobs of a log as its plainest reader would have them, each on whole nodes of so many processors."""
    jobs = []
    for line in lines:
        if line.strip() and not line.startswith(";"):
            field = [int(float(word)) for word in line.split()]
            if field[3] > 0:
                requested = field[8] if field[8] != -1 else field[3]
                jobs.append((field[1], field[3], -(-max(field[4], field[7]) // node) * node, requested))
    return jobs


def bounded_slowdown(jobs: list[Job], starts: list[int]) -> float:
    return sum(max(1.0, (start - job[0] + job[1]) / max(job[1], 10)) for job, start in zip(jobs, starts, strict=True)) / len(jobs)


def write_log(folder: Path, num_jobs: int = 130) -> Path:
    """A machine of 16 processors in eight nodes, on which jobs queue, some of them submitted in one second."""
    rng, now, rows = random.Random(5), 1_000_000, ["; MaxNodes: 8", "; MaxProcs: 16"]
    for k in range(num_jobs):
        now += rng.choice([0, 3, 50, 400])
        run, asked = rng.choice([1, 8, 30, 900, 4_000]), rng.choice([-1, 5_000, 600])
        size = rng.randrange(1, 14)
        rows.append(f"{k + 1} {now} -1 {run} {size} -1 -1 {size + k % 3} {asked} -1 1 1 1 -1 1 -1 -1 -1")
    rows.insert(9, f"999 {now} -1 0 4 -1 -1 4 60 -1 0 1 1 -1 1 -1 -1 -1")  # did not run: is not counted
    path = folder / "log.swf"
    path.write_text("\n".join(rows) + "\n")
    return path


def compare(path: Path, opened: Callable[[Path], Iterable[str]], num_jobs: int, starts: list[int], processors: int, node: int) -> int:
    """Compares all orders, committed, to the last digit but one; returns in how many cases jobs waited."""
    jobs, waited = jobs_in(opened(path), node), 0
    log = Batch(path=str(path), num_vms=num_jobs)
    rows = play(log.build_host(), [Window(log.window(start), log.begins_us(start) * 1e-6) for start in starts]).rows
    assert {(row.setting, row.order) for row in rows} == {(s, o) for s in SETTINGS for o in (*ORDERS, *SEARCHED)} | {("backfilled", "EASY")}
    for row in rows:
        if row.setting == "committed" and row.order in PUBLISHED:
            windows = [jobs[start : start + num_jobs] for start in starts]
            expected = [bounded_slowdown(window, starts_of(window, processors, PUBLISHED[row.order])) for window in windows]
            np.testing.assert_allclose(row.figures["bounded_slowdown"], expected, rtol=1e-12, err_msg=row.order)
            waited += sum(value > 1.5 for value in expected)
    return waited


def test_as_the_rule_event_by_event(tmp_path: Path) -> None:
    path = write_log(tmp_path)
    assert compare(path, lambda file: file.read_text().splitlines(), 40, [0, 40, 80], 16, 2) == 21


def test_windows_follow_one_another(tmp_path: Path) -> None:
    log = Batch(path=str(write_log(tmp_path)), num_vms=40)
    expected = [log.begins_us(start) * 1e-6 for start in (0, 40, 80)]
    assert [window.epoch_s for window in windows_of(log)] == expected
    assert [window.epoch_s for window in windows_of(log, most=2)] == expected[:2]
    assert [window.epoch_s for window in windows_of(log, first=40)] == expected[1:2]


@real
@pytest.mark.parametrize(
    ("name", "starts", "processors", "node"),
    [("NASA-iPSC-1993-3.1-cln.first9119.swf.gz", [1024, 5120], 128, 1), ("RICC-2010-2.first40000.swf.gz", [1024, 2048], 8192, 8)],
)
def test_real_logs(name: str, starts: list[int], processors: int, node: int) -> None:
    compare(LOGS / name, lambda file: gzip.decompress(file.read_bytes()).decode().splitlines(), 1024, starts, processors, node)


def test_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_log(tmp_path)
    page = tmp_path / "page.md"
    command.main([str(tmp_path), "--jobs", "40", "--page", str(page)])
    assert "16 processors, 130 jobs that ran, 3 sequences." in page.read_text()
    assert len(re.findall(r"^\| (?:FCFS|F1|EASY) \|", page.read_text(), re.MULTILINE)) == 7
    command.main([str(tmp_path / "log.swf"), "--jobs", "40", "--first", "7", "--page", str(page)])
    assert "1 sequences." in capsys.readouterr().out
    command.main([str(tmp_path / "log.swf"), "--jobs", "20", "--generated", "2", "--page", str(page)])
    assert "256 processors, jobs after Lublin and Feitelson, 2 sequences." in page.read_text()


def test_what_was_searched_for_stands_beside_the_best_rival(tmp_path: Path) -> None:
    """On a log that nobody was trained on all sequences count; of one that was, those of its last part."""
    log = Batch(path=str(write_log(tmp_path)), num_vms=40)
    played = play(log.build_host(), windows_of(log))
    assert played.later.all()
    text = section("log", "jobs", log.build_host(), played)
    assert "on the 3 sequences that are later" in text
    table = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text[text.index("later than") :].splitlines() if line[:1] == "|"]
    for setting in SETTINGS:
        best, *others = [row for row in table if row[0] == setting]
        assert best[1].endswith(", the best rival")
        means = {row.order: row.figures["bounded_slowdown"].mean() for row in played.rows if row.setting == setting}
        rival = best[1].removesuffix(", the best rival")
        assert means[rival] == min(value for order, value in means.items() if order != INDEX)
        assert [row[1] for row in others] == [kind for kind in SEARCHED if kind != rival]
        assert float(others[-1][3].split()[0]) == pytest.approx(means[INDEX] / means[rival], abs=6e-4)
    known = tmp_path / trained_on()[0]
    (tmp_path / "log.swf").rename(tmp_path / "plain.swf")
    known.write_bytes(gzip.compress((tmp_path / "plain.swf").read_bytes()))
    assert [window.is_later for window in windows_of(Batch(path=str(known), num_vms=30))] == [False, False, False, False]
    assert [window.is_later for window in windows_of(Batch(path=str(known), num_vms=30), first=95)] == [True]


def test_policies_are_those_that_the_commands_make(tmp_path: Path) -> None:
    for line in commands([tmp_path / "log.swf"], Path("runs")):
        words = dict(word.split("=", 1) for word in shlex.split(line)[3:])
        setting, kind = words["folder"].removeprefix("runs/batch-").removesuffix("-seed0").split("-")
        card = read_card(POLICIES / f"{setting}-{kind}")
        assert card["scheduler"] in words["agent.schedulers"]
        assert card["parameters"]["backfill"] == (words.get("agent.backfill") != "false")
        assert card["scenario"].get("commit", False) == (words.get("scenario.commit") == "true")
        assert card["scenario"].get("reservation", False) == (words.get("scenario.reservation") == "true")
        assert {name: str(card["agent"][name]) for name in SEARCH} == {name: words[f"agent.{name}"] for name in SEARCH}


def test_ship_takes_the_best_run(tmp_path: Path) -> None:
    for seed, value in enumerate((2.0, 1.0)):
        stem = folder_of("free", INDEX, tmp_path, seed) / "rule"
        card = {"validation": {"value": value}, "agent": {"vary": {"path": ["", "/some/where/log.swf"]}}}
        card["command"] = f"train path=/some/where/log.swf folder={stem.parent}"
        save_scheduler(JobIndex(run=float(-seed)), stem, card)
    with pytest.raises(SpecError, match="holds no training runs such as"):
        ship(tmp_path / "nowhere", tmp_path / "policies")
    assert len(ship(tmp_path, tmp_path / "policies")) == 1
    assert searched("free", tmp_path / "policies") == {INDEX: JobIndex(run=-1.0)}
    assert trained_on(tmp_path / "policies") == ("log.swf",)
    assert read_card(tmp_path / "policies/free-index")["command"] == "train path=log.swf folder=runs/batch-free-index-seed1"


def test_the_index_waits_where_that_is_worth_more_but_not_where_nothing_runs(tmp_path: Path) -> None:
    log = Batch(path=str(write_log(tmp_path)), num_vms=40)
    host, work = log.build_host(), log.window(0)
    rules = (JobIndex(), JobIndex(wait=50.0))
    runs = [simulate(host, work, rule, record=True, interpreted=interpreted) for rule in rules for interpreted in (False, True)]
    assert runs[0].digest() == runs[1].digest()
    assert runs[2].digest() == runs[3].digest() != runs[0].digest()
    granted, ended = np.sort(runs[2].grants["grant_us"]), np.sort(runs[2].grants["end_us"])
    assert granted[0] == work.arrival_us.min(), "where nothing runs nobody waits"
    assert (granted[1:] >= ended[:-1]).all(), "and where one runs all do"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--jobs", "131"], "has 130 jobs that ran: give fewer --jobs"),
        (["--jobs", "40", "--first", "91"], "give fewer --jobs, and a --first that leaves room"),
    ],
)
def test_too_few_jobs(tmp_path: Path, more: list[str], message: str) -> None:
    with pytest.raises(SystemExit, match=message):
        command.main([str(write_log(tmp_path)), *more])


def test_no_logs(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"there is no \.swf or \.swf\.gz in"):
        command.main([str(tmp_path)])
