"""The report: one page that needs nothing else, whose tables sort and whose pictures are there, as a browser sees it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import vmenv
from tests.leaderboard.played import rows_of
from vmenv.leaderboard.entrants import enter
from vmenv.leaderboard.overview import boards_of
from vmenv.leaderboard.playing import play_missing
from vmenv.leaderboard.report import report
from vmenv.leaderboard.report.episode import SHOWN_GRANTS, episode_of
from vmenv.leaderboard.report.svg import inline
from vmenv.leaderboard.suites import scenario_digest
from vmenv.leaderboard.units import Row, units_of
from vmenv.render.figures import matplotlib_classes

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LIMIT_BYTES = 5_000_000
PROBE = """<script>
var told = {errors: [], before: [], up: [], down: []};
addEventListener("error", function (event) { told.errors.push(String(event.message)); });
console.error = function (text) { told.errors.push(String(text)); };
addEventListener("load", function () {
  var table = document.querySelectorAll("table")[1], button = table.querySelectorAll("th button")[3];
  var column = function () { return Array.from(table.tBodies[0].rows).map(function (row) { return row.cells[3].dataset.v; }); };
  told.before = column(); button.click(); told.up = column(); button.click(); told.down = column();
  told.pictures = Array.from(document.querySelectorAll("figure svg")).map(function (svg) {
    var box = svg.getBoundingClientRect(); return [box.width, box.height, svg.querySelectorAll("text").length]; });
  told.wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  told.loaded = performance.getEntriesByType("resource").length;
  var out = document.createElement("pre"); out.id = "told"; out.textContent = JSON.stringify(told); document.body.appendChild(out);
});
</script>"""


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """Six episodes of a few policies on two small scenarios, one of the policies a rule."""
    chosen = {"thrash": ("thrash-formula", "thrash-tuned", "las", "tsrr", "edf", "srpt"), "gang": ("gang-index", "drain", "tsrr", "las")}
    units = [
        unit
        for name, policies in chosen.items()
        for policy in policies
        for scenario in [vmenv.make_scenario(name, num_vms=30)]
        for unit in units_of(enter(policy, scenario.kind), scenario, range(6))
    ]
    return play_missing(units, tmp_path_factory.mktemp("units"), 1)


@pytest.fixture(scope="module")
def page(rows: list[Row]) -> str:
    bounds = {digest: dict.fromkeys(range(6), 0.1) for digest in {row["scenario_digest"] for row in rows}}
    return report(rows, bounds, command="vmenv board report rows.csv")


class Names(HTMLParser):
    """What stands in a page: its tags, and the names that things have and are called by."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.names: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in ("href", "xlink:href", "src")]


def test_the_page_needs_nothing_else(page: str) -> None:
    found = Names()
    found.feed(page)
    assert len(page.encode()) < LIMIT_BYTES
    assert len(found.names) == len(set(found.names))
    assert all(link.startswith(("#", "data:")) for link in found.links)
    assert {link[1:] for link in found.links if link.startswith("#")} <= set(found.names)
    assert not re.search(r"url\((?!#)", page)


def test_all_that_is_promised_stands_there(page: str) -> None:
    found = Names()
    found.feed(page)
    assert found.tags.count("svg") == 3 + 2 * 6
    assert page.count("Again: <code>") == 1 + found.tags.count("svg")
    for text in (
        "Performance profiles",
        "fairness beside cost",
        "Jain's index of the slowdowns",
        "slowed down",
        "not ranked: no slo_us",
        "prefers-color-scheme",
    ):
        assert text in page, text
    assert "The rule of thrash-formula:" in page
    assert f"<pre>{str(vmenv.load_policy('thrash-formula'))[:12]}" in page


def test_both_policies_play_the_same_episode(rows: list[Row]) -> None:
    board = next(board for board in boards_of(rows) if board.contest.name.startswith("thrash"))
    episode = episode_of(board, ())
    assert episode is not None
    learned, rival = episode.played
    assert (learned.policy, rival.policy) == ("thrash-formula", "thrash-tuned")
    assert (learned.run.workload.arrival_us == rival.run.workload.arrival_us).all()
    row = next(row for row in rows if row["policy"] == "thrash-formula" and row["seed"] == episode.seed)
    assert learned.run.digest() == row["digest"]  # what is drawn is what was counted
    assert learned.jain == pytest.approx(row["jain"])
    grants = rival.run.grants
    assert grants is not None
    inside = (grants["grant_us"] >= episode.from_us) & (grants["grant_us"] < episode.to_us)
    assert 0 < inside.sum() <= 1.5 * SHOWN_GRANTS
    assert 0 <= episode.from_us < episode.to_us


def test_names_of_strangers_are_text() -> None:
    evil = "<script>alert(1)</script>$x"
    rows = [*rows_of("las", [1, 2, 3]), *rows_of(evil, [2, 3, 4])]
    page = report(rows, {scenario_digest(vmenv.make_scenario("thrash")): dict.fromkeys(range(3), 0.5)})
    assert page.count("<script>") == 1
    assert "&lt;script&gt;" in page


def test_a_picture_has_names_and_colours_of_its_own() -> None:
    def draw() -> object:
        figure_class, canvas_class = matplotlib_classes()
        figure = figure_class()
        canvas_class(figure)
        figure.add_subplot().plot(np.arange(3.0), [0.15, 2.25, 3.75])
        return figure

    one, two = inline(draw, "one", 'a "quoted" <name>'), inline(draw, "two", "")
    names = [set(re.findall(r' id="([^"]+)"', text)) for text in (one, two)]
    assert names[0]
    assert not names[0] & names[1]
    assert inline(draw, "one", 'a "quoted" <name>') == one
    assert "currentColor" in one
    assert ">0.15<" in one or ">0.5<" in one  # texts keep their decimals
    assert "a &quot;quoted&quot; &lt;name&gt;" in one


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
@pytest.mark.parametrize("width", [1280, 390])
def test_a_browser_shows_it(page: str, tmp_path: Path, width: int) -> None:
    file = tmp_path / "report.html"
    file.write_text(page.replace("<style>", PROBE + "<style>", 1))
    command = [str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    size = [f"--window-size={width},900", "--virtual-time-budget=4000", "--dump-dom", file.as_uri()]
    done = subprocess.run([*command, *size], capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r'<pre id="told">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-1000:]
    told = json.loads(found.group(1))
    assert told["errors"] == []
    numbers = [float(value) for value in told["up"] if value]
    assert numbers == sorted(numbers)
    assert len(numbers) >= 4
    assert told["down"][: len(numbers)] == [value for value in reversed(told["up"]) if value]
    assert sorted(told["before"]) == sorted(told["up"])
    assert len(told["pictures"]) == 15
    assert all(box[0] > 200 and box[1] > 100 and box[2] > 5 for box in told["pictures"])
    assert told["wide"] <= 0  # nothing but tables and wide pictures scrolls sideways, each by itself
    assert told["loaded"] == 0
