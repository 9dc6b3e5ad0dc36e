"""The page of a report: what stands in it, in which order."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Sequence
from html import escape
from typing import Any

import numpy as np

from vmenv.dispatch.render.gantt import draw_gantt
from vmenv.leaderboard.aggregates import RESAMPLES
from vmenv.leaderboard.board import in_seconds
from vmenv.leaderboard.contests import Bounds, Contest, Entry
from vmenv.leaderboard.digits import number
from vmenv.leaderboard.overall import Overall, num_scored, overall
from vmenv.leaderboard.overview import SEED, WHAT_SCORES_ARE, boards_of, ceiling_told, cells, overall_cells
from vmenv.leaderboard.report import charts
from vmenv.leaderboard.report.episode import Episode, episode_of
from vmenv.leaderboard.report.skin import SCRIPT, STYLE
from vmenv.leaderboard.report.svg import inline
from vmenv.leaderboard.standings import Standings
from vmenv.leaderboard.units import Row
from vmenv.render.figures import matplotlib_classes

GANTT_WIDTH = 7.2  # inches
FIRST_NUMBER = re.compile(r"^-?[\d,]+(?:\.\d+)?")
LEADING = ("*-index", "*-formula", "*-tuned")  # of the performance profiles, with the best of each class that sees no sizes


def report(rows: Sequence[Row], bounds: Bounds | None = None, trusted: Collection[str] = (), command: str = "vmenv board report") -> str:
    """Returns a page of HTML that needs nothing else.

    Args:
        rows: Of `vmenv evaluate`.
        bounds: As `vmenv.leaderboard.ceilings.read_bounds` returns them.
        trusted: Modules whose policies may be run, for the excerpts of episodes.
        command: What makes the page again.

    Raises:
        VmenvError: matplotlib is not installed.
    """
    matplotlib_classes()
    boards = boards_of(rows, bounds)
    entries = overall(boards, np.random.default_rng(SEED)) if num_scored(boards) > 1 else []
    made = [f"{name} {escape(', '.join(sorted({row[name] for row in rows})))}" for name in ("code", "commit", "versions", "machine")]
    links = [f'<a href="#{_anchor(board.contest)}">{escape(board.contest.name)}</a>' for board in boards]
    parts = [
        "<h1>vmenv: the leaderboard</h1>",
        f"<p>{len(rows):,} rows, one for each policy and episode. {escape(WHAT_SCORES_ARE.format(resamples=RESAMPLES))}</p>",
        f'<p class="told">Made by {"; ".join(made)}. Again: <code>{escape(command)}</code></p>',
        f"<nav>{' '.join(links)}</nav>",
        *(_over_all(boards, entries, command) if entries else []),
        *(part for board in boards for part in _scenario(board, trusted, command)),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,"><title>vmenv: the leaderboard</title>'
        f"<style>{STYLE}</style></head><body>\n" + "\n".join(parts) + f"\n<script>{SCRIPT}</script></body></html>\n"
    )


def _over_all(boards: Sequence[Standings], entries: Sequence[Overall], command: str) -> list[str]:
    told = overall_cells(entries)
    table = [[row[0], entry.information, *row[1:]] for row, entry in zip(told[1:], entries, strict=True)]
    head = [told[0][0], "sees", *told[0][1:]]
    best = {entry.information: entry for entry in reversed(entries)}  # those of a class stand best first
    others = [entry for entry in best.values() if entry.name not in LEADING and entry.information != "clairvoyant"]
    fair = [*(entry for entry in entries if entry.name in LEADING), *others]
    figures = [
        _figure(lambda: charts.gaps(boards), "gaps", "costs of the best learned policy and of the bound beside the best rival", command),
        _figure(lambda: charts.profiles(boards, fair), "profiles", "performance profiles", command),
        _figure(lambda: charts.scores(entries), "scores", "scores over all scenarios", command),
    ]
    return [
        f"<h2>Over {num_scored(boards)} scenarios</h2>",
        "<p>A star stands for the name of the scenario: a policy of its own for each. A heading sorts.</p>",
        _table(head, table, [entry.role for entry in entries]),
        f'<div class="figures">{"".join(figures)}</div>',
    ]


def _scenario(board: Standings, trusted: Collection[str], command: str) -> list[str]:
    contest, anchor = board.contest, _anchor(board.contest)
    unit, _ = in_seconds(contest.scenario.objective)
    lines = list(board.lines)
    told = cells(board, lines)
    body = [[row[0], _sees(line.entry), *row[1:]] for row, line in zip(told[1:], lines, strict=True)]
    compared = " ".join(shlex.quote(line.entry.runs[0][0]["policy"]) for line in charts.chosen(board)) or "all"
    again = f"vmenv evaluate {compared} --suite {contest.name.split()[0]}"
    figures = [
        _figure(lambda: charts.costs(board), f"{anchor}-costs", f"costs on {contest.name}", again.replace(compared, "all")),
        _figure(lambda: charts.distributions(board), f"{anchor}-episodes", f"distribution of costs on {contest.name}", again),
    ]
    if any(line.entry.metric("jain") is not None for line in lines):
        figures.append(
            _figure(lambda: charts.fairness(board), f"{anchor}-fair", f"fairness on {contest.name}", again.replace(compared, "all"))
        )
    episode = episode_of(board, trusted)
    excerpt = [] if episode is None else _episode(episode, contest, command)
    return [
        f'<h2 id="{anchor}">{escape(contest.name)}</h2>',
        f"<p>{escape(type(contest.scenario).summary)}. {len(contest.seeds)} episodes, {escape(unit)}; lower is better. "
        f"{escape(ceiling_told(board.ceiling, contest))}</p>",
        _table([told[0][0], "sees", *told[0][1:]], body, [line.entry.role for line in lines]),
        f'<div class="figures">{"".join(figures)}</div>',
        *excerpt,
    ]


def _sees(entry: Entry) -> str:
    return f"not ranked: no {', '.join(entry.missing)}" if entry.missing else entry.information


def _episode(episode: Episode, contest: Contest, command: str) -> list[str]:
    name, seed = contest.name.split()[0], episode.seed
    parts = [
        f"<h3>Episode {seed} under both</h3><p>The episode in which they differ as they do in the middle, around the time when "
        "most VMs are there under the rival. Jain's index of the slowdowns: "
        f"{'; '.join(f'{escape(one.title)}, {number(one.jain)}' for one in episode.played)}.</p>"
    ]
    for k, one in enumerate(episode.played):
        again = (
            f"{command}; the whole episode: vmenv simulate {shlex.quote(one.policy)} --scenario {name} --seed {seed} --perfetto run.json"
        )
        draw = _gantt(one.run, f"{one.title}, on {name}, episode {seed}", episode)
        parts.append(_figure(draw, f"{_anchor(contest)}-gantt{k}", f"Gantt chart of {one.title} on {name}", again, wide=True))
        if one.rule:
            parts.append(f"<p>The rule of {escape(one.policy)}:</p><pre>{escape(one.rule)}</pre>")
    runs = {one.title: one.slowdowns for one in episode.played}
    title = f"Episode {seed}: part of VMs slowed down at most so much"
    again = f"vmenv simulate {shlex.quote(episode.played[0].policy)} --scenario {name} --seed {seed}"
    parts.append(f'<div class="figures">{_figure(lambda: charts.slowdowns(runs, title), f"{_anchor(contest)}-slow", title, again)}</div>')
    return parts


def _gantt(run: Any, title: str, episode: Episode) -> Any:
    def draw() -> Any:
        figure_class, canvas_class = matplotlib_classes()
        figure = figure_class(figsize=(GANTT_WIDTH, 5.0), layout="constrained")
        canvas_class(figure)
        return draw_gantt(run, from_us=episode.from_us, to_us=episode.to_us, title=title, figure=figure)

    return draw


def _figure(draw: Any, name: str, alt: str, again: str, wide: bool = False) -> str:
    picture = inline(draw, name, alt)
    inside = f'<div class="wide">{picture}</div>' if wide else picture
    return f"<figure>{inside}<figcaption>Again: <code>{escape(again)}</code></figcaption></figure>"


def _table(head: Sequence[str], body: Sequence[Sequence[str]], roles: Sequence[str]) -> str:
    heads = "".join(f'<th scope="col"><button type="button">{escape(cell)}</button></th>' for cell in head)
    rows = "".join(
        f'<tr class="{role}">{"".join(f"<td data-v={_quoted(_value(cell))}>{escape(cell)}</td>" for cell in row)}</tr>'
        for row, role in zip(body, roles, strict=True)
    )
    return f'<div class="table"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _value(cell: str) -> str:
    """Returns what a cell is sorted by: its first number, or its text; nothing for a dash, which comes last."""
    found = FIRST_NUMBER.match(cell)
    return (
        "" if cell == "-" else found.group().replace(",", "") if found and (found.end() == len(cell) or cell[found.end()] == " ") else cell
    )


def _quoted(text: str) -> str:
    return f'"{escape(text)}"'


def _anchor(contest: Contest) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", f"s-{contest.name}").strip("-")
