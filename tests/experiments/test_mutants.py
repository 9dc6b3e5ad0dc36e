"""The mutants can all be made, the tool refuses what it cannot do, and it tells a caught mutant from one that survives."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from experiments.mutants.__main__ import main
from experiments.mutants.command import judge_by_groups, try_mutants
from experiments.mutants.mutant import Mutant, copy_tree
from experiments.mutants.page import Verdict, page
from experiments.mutants.part import ENOUGH, Part
from experiments.mutants.table import MUTANTS, PARTS, named_by
from vmenv.errors import SpecError

ROOT = Path(__file__).parents[2]
ADVANCE = "vmenv/host/dynamics.py"


def test_every_mutant_can_be_made() -> None:
    for mutant in MUTANTS:
        mutant.change((ROOT / mutant.file).read_text())
        assert (ROOT / mutant.file).read_text().splitlines()[mutant.line(ROOT) - 1].strip()
    assert len({mutant.breaks for mutant in MUTANTS}) == len(MUTANTS)


def test_every_part_names_files_and_tests_that_there_are() -> None:
    files = [file for part in PARTS.values() for file in part.rows]
    assert len(files) == len(set(files)), "one part has it"
    for part in PARTS.values():
        for word in itertools.chain.from_iterable(part.tests):
            path = word.rpartition("=")[2].partition("::")[0]
            assert word == ENOUGH or (ROOT / path).exists(), word


def test_words_choose_by_part_file_and_fault() -> None:
    assert named_by([]) == list(MUTANTS)
    assert {mutant.file for mutant in named_by(["leaderboard"])} >= set(PARTS["leaderboard"].rows)
    assert [mutant.breaks for mutant in named_by(["score.py", "half the episodes"])] == ["a resample has half the episodes"]
    assert named_by(["leaderboard", "no such fault"]) == []
    assert main(["no such fault"]) == 2


def test_the_page_is_about_these_mutants() -> None:
    page = ROOT / "experiments/results/mutants.md"
    if not page.exists():
        pytest.skip("the page has not been made for this version of the simulator: make mutants")
    sections = {section.partition("\n")[0]: section for section in page.read_text().split("\n## ")[1:]}
    assert list(sections) == [part.about for part in PARTS.values()]
    for part in PARTS.values():
        faults = [breaks for rows in part.rows.values() for breaks, _, _ in rows]
        assert f"{len(faults)} of {len(faults)} mutants are caught" in sections[part.about]
        for breaks in faults:
            assert f"| {breaks} |" in sections[part.about]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("start_cost += s.host[c.SWITCH_COST_US]", "", "occurs 0 times in vmenv/host/dynamics.py: give text that occurs once"),
        ("@jittable", "", "occurs 19 times"),
        ("service = min(", "service = min(", "changes nothing"),
        ("service = min(", "service = min((", "no Python"),
    ],
)
def test_mutants_that_cannot_be_made(old: str, new: str, message: str) -> None:
    occurrences = (ROOT / ADVANCE).read_text().count("@jittable")
    with pytest.raises(SpecError, match=message.replace("19", str(occurrences))):
        try_mutants(ROOT, [Mutant(ADVANCE, old, new, "something")])


def test_a_line_is_that_of_the_first_difference(tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text("a = 1\nb = 2\nc = 3\n")
    assert Mutant("file.py", "a = 1\nb = 2", "a = 1\nb = 4", "b").line(tmp_path) == 2
    assert Mutant("file.py", "b = 2\nc = 3", "b = 2", "c").line(tmp_path) == 2


def test_caught_and_surviving(tmp_path: Path) -> None:
    """One test of the switch cost: it catches a mutant of it, and no other."""
    judges = Part("the switch cost", (("tests/host/test_by_hand.py", "-k", "switch_cost"),), {})
    caught = Mutant(ADVANCE, "start_cost += s.host[c.SWITCH_US]", "start_cost += 0", "the switch cost is forgotten")
    survives = Mutant(ADVANCE, "start_cost += s.host[c.RELOAD_US]", "start_cost += 0", "a reload is not paid")
    verdicts = try_mutants(ROOT, [caught, survives], judges)
    assert [verdict.tests for verdict in verdicts] == [("tests/host/test_by_hand.py::test_switch_cost",), ()]

    copy_tree(ROOT, tmp_path)
    caught.write(ROOT, tmp_path)
    with pytest.raises(SpecError, match="could not be run"):
        judge_by_groups(tmp_path, judges._replace(tests=(("tests/host/no_such_file.py",),)))
    with pytest.raises(SpecError, match="test_switch_cost fail without any mutant"):
        try_mutants(tmp_path, [survives], judges)


def test_the_page_has_a_section_for_each_part() -> None:
    """Only parts that are tried whole get a new one; the others stay as they were."""
    saved = [Verdict(mutant, 1, ("tests/x.py::test_x",) * (k > 0)) for k, mutant in enumerate(named_by(["saved"]))]
    assert {part.about for part in PARTS.values() for verdict in saved if verdict.mutant.file in part.rows} == {"saved policies"}
    first = page(saved)
    assert f"## saved policies\n\n{len(saved) - 1} of {len(saved)} mutants are caught. Code " in first
    assert f"| {saved[0].mutant.breaks} | [{saved[0].mutant.file.removeprefix('vmenv/')}:1]" in first
    assert "**SURVIVES** | 0 | - |" in first
    assert "| caught | 1 | test_x |" in first
    assert page(saved[:-1]).count("## ") == 0
    index = [Verdict(mutant, 1, ("tests/y.py::test_y",)) for mutant in MUTANTS if mutant.file in PARTS["index"].rows]
    both = page(index, first)
    assert both.count("\n## ") == 2
    assert first.partition("\n## ")[2] in both
    assert page(index, both) == both


def test_names_are_cut_short() -> None:
    verdict = Verdict(MUTANTS[0], 1, tuple(f"tests/host/test_x.py::test_{k}" for k in range(8)))
    assert verdict.names == "test_0, test_1, test_2, test_3, test_4 and 3 more"
