"""Tables of what has a name: schedulers, metrics, trace formats, trained policies and suites."""

from __future__ import annotations

import dataclasses
import inspect

from docs.pages.writing import Pages, arguments, code, header, table, text_of, toctree
from vmenv.dispatch.scheduler import ORDER_FIELDS
from vmenv.episodes.kinds import Kind, kinds
from vmenv.episodes.saved import list_policies, read_card, stem_of
from vmenv.leaderboard.suites import SUITES, scenario_digest
from vmenv.workload.trace import TRACE_FORMATS

PAGES = ("schedulers", "metrics", "traces", "policies", "suites")


def write(out: Pages) -> None:
    """Writes the pages."""
    made = {"schedulers": schedulers(), "metrics": metrics(), "traces": traces(), "policies": policies(), "suites": suites()}
    for name, page in made.items():
        out.write(f"reference/{name}.md", page)
    out.write(
        "reference/index.md",
        "# Reference\n\nAll of it is made from the code when the site is built.\n\n" + toctree(["api", "command_line", *PAGES]),
    )


def schedulers() -> str:
    """Returns a table of the heuristics of each kind of decision, and what the file of each says."""
    lines = [
        "# Schedulers",
        "",
        "*Sees* is the information class, the widest of blind, attained (service so far), weights, demands and clairvoyant (sizes). Rules "
        "that see sizes are yardsticks: no host knows them. *Needs* are columns of the workload without which a rule says nothing.",
        "",
        "The four that the project began with are `tsrr` (time-sharing round robin), `tsp` (time-sharing priority), `rap` (allocation "
        "by balance) and `rrp` (requirement priority).",
        "",
        "What a decision costs, and where each is good: [the measured table](../results/schedulers.md).",
        "",
    ]
    for kind in kinds():
        lines += [f"## {kind.name.capitalize()}", "", _scheduler_table(kind)]
        lines += [text for name in kind.schedulers.names() for text in _scheduler(kind, name)]
    return "\n".join(lines)


def _scheduler_table(kind: Kind) -> str:
    rows = [["name", "rule", "sees", "needs", "source"]]
    for name in kind.schedulers.names():
        found = kind.schedulers[name]
        needs = ", ".join(f"`{column}`" for column in getattr(found, "needs", ()))
        rows.append([f"[{name}](#{_anchor(kind, name)})", header(found)[0], found.information, needs, found.source])
    return table(rows)


def _anchor(kind: Kind, name: str) -> str:
    return f"{kind.name}-{name}".replace("_", "-")


def _scheduler(kind: Kind, name: str) -> list[str]:
    found = kind.schedulers[name]
    told = arguments(found)
    fields = [field for field in dataclasses.fields(found) if field.name not in ORDER_FIELDS]
    rows = [[f"`{field.name}`", code(field.default), told.get(field.name, "")] for field in fields]
    lines = [f"({_anchor(kind, name)})=", "", f"### `{name}` ({kind.name})", "", *(paragraph + "\n" for paragraph in header(found))]
    return lines + ([table([["parameter", "default", "meaning"], *rows])] if rows else [])


def metrics() -> str:
    """Returns a table of the metrics of each kind of decision."""
    lines = ["# Metrics", "", "What `run.metrics()` and the rows of `vmenv.evaluate` hold; units are in the names.", ""]
    for kind in kinds():
        rows = [[f"`{name}`", (inspect.getdoc(kind.metrics[name]) or "").replace("\n\n", " ")] for name in kind.metrics.names()]
        objectives = ", ".join(f"`{name}`" for name in kind.scenarios[kind.default_scenario].objectives)
        lines += [
            f"## {kind.name.capitalize()}",
            "",
            f"Those that can be an objective: {objectives}.",
            "",
            table([["metric", "meaning"], *rows]),
        ]
    return "\n".join(lines)


def traces() -> str:
    """Returns what each reader says of its format, with its options."""
    lines = [
        "# Trace formats",
        "",
        "`vmenv.read_trace(path, format, **options)`, `vmenv trace info` and the scenario `replay` read them.",
        "",
    ]
    for name in TRACE_FORMATS.names():
        reader = TRACE_FORMATS[name]
        told = arguments(reader)
        rows = [["option", "default", "meaning"]]
        for field in dataclasses.fields(reader):
            default = "" if field.default is dataclasses.MISSING else code(field.default)
            rows.append([f"`{field.name}`", default, told.get(field.name, "")])
        lines += [f"## {name}", "", *(paragraph + "\n" for paragraph in [*header(reader), text_of(reader)]), table(rows)]
    return "\n".join(lines)


def policies() -> str:
    """Returns a table of the policies that come with vmenv, from their cards."""
    rows = [["policy", "kind", "trained on", "validation", "command"]]
    for name in list_policies():
        card = read_card(stem_of(name))
        reached = card.get("validation") or {}
        value = f"{reached['metric']} {reached['value']:.4g}" if reached else ""
        rows.append(
            [f"`{name}`", str(card["kind"]), str(card["scenario"]["kind"]), value, f"`{card['command']}`" if "command" in card else ""]
        )
    about = "They come with the package as safetensors and JSON: `vmenv.load_policy(name)`. The command is the one that trained it."
    return f"# Trained policies\n\n{about}\n\n{table(rows)}"


def suites() -> str:
    """Returns the frozen lists of scenarios."""
    lines = ["# Suites", "", inspect.getdoc(inspect.getmodule(scenario_digest)) or "", ""]
    for suite in SUITES.values():
        rows = [["scenario", "what it is", "digest"]]
        rows += [
            [f"[{name}](../environments/{name}.md)", scenario.summary, f"`{scenario_digest(scenario)}`"]
            for name, scenario in suite.build().items()
        ]
        lines += [f"## {suite.name}, {suite.version}", "", table(rows)]
    return "\n".join(lines)
