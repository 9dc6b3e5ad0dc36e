"""A page for each environment, as Gymnasium has them, and one for each kind of decision with what its environments have in common."""

from __future__ import annotations

import dataclasses
import inspect
import re
from typing import Any

from gymnasium.envs.registration import load_env_creator

from docs.pages import pictures, results
from docs.pages.features import module_of, tables_of
from docs.pages.writing import ROOT, Pages, arguments, code, header, table, text_of, toctree
from vmenv import Host, Workload
from vmenv.episodes.kinds import Kind, kinds
from vmenv.episodes.scenario import Scenario
from vmenv.errors import VmenvError
from vmenv.leaderboard.suites import SUITES, scenario_digest

OWN = {"host": Host(), "workload": Workload.from_arrays([0, 5], [30_000, 10_000])}  # of environments whose host and workload one gives


def write(out: Pages) -> None:
    """Writes the pages."""
    lines = [
        "# Environments",
        "",
        "One page for each, made from the code. `vmenv list scenarios` prints their names; `vmenv.list_scenarios(tag=...)` those with a "
        'tag: "core", which policies are compared on, "control", whose optimum is known, or "real", of real work or its like.',
        "",
    ]
    pages = []
    for kind in kinds():
        out.write(f"environments/{kind.name}.md", kind_page(kind))
        rows = [["environment", "scenario", "what it is", "tags"]]
        for name in kind.scenarios.names():
            found = kind.scenarios[name]
            out.write(f"environments/{name}.md", environment_page(out, kind, name))
            rows.append([f"`{kind.env_id(name)}`", f"[{name}]({name}.md)", found.summary, ", ".join(found.tags)])
            pages.append(name)
        lines += [
            f"## {kind.name.capitalize()}: {kind.summary}",
            "",
            f"What all of them share: [{kind.name}]({kind.name}.md).",
            "",
            table(rows),
        ]
    names = [*(kind.name for kind in kinds()), *pages]
    out.write("environments/index.md", "\n".join([*lines, toctree(names, hidden=True)]))


def instance(kind: Kind, name: str) -> Scenario | None:
    """Returns the scenario with its defaults; None: it does not go without something that only its user has."""
    found = kind.scenarios[name]
    try:
        return found(**(OWN if found.from_python_only else {}))
    except VmenvError:
        return None


def kind_page(kind: Kind) -> str:
    """Returns the page of what the environments of a kind have in common."""
    env = load_env_creator(kind.env)
    about = text_of(env).split("\n\n")
    rows = [["heuristic", "what it sees"], *([f"`{name}`", kind.schedulers[name].information] for name in kind.schedulers.names())]
    return "\n".join(
        [
            f"# {kind.name.capitalize()}",
            "",
            f"**The decision**: {kind.summary}.",
            "",
            *(paragraph + "\n" for paragraph in about),
            "## Observations",
            "",
            tables_of(kind.name),
            "## Options of `gymnasium.make`",
            "",
            table([["option", "meaning"], *([f"`{name}`", text] for name, text in arguments(env).items())]),
            f"Every parameter of the scenario is one too. Making `vmenv/...` takes `import vmenv` first. In a batch: "
            f"`gymnasium.make_vec`, which makes a `{kind.vector_env.split(':')[1]}`.",
            "",
            "## Heuristics",
            "",
            "[What each of them does](../reference/schedulers.md).",
            "",
            table(rows),
        ]
    )


def environment_page(out: Pages, kind: Kind, name: str) -> str:
    """Returns the page of an environment: the card of its scenario, spaces, reward, parameters, what is known of it, and versions."""
    found, ready = kind.scenarios[name], instance(kind, name)
    head, *question = header(found)
    parts = [f"# {name}", "", head.split(": ", 1)[-1], ""]
    parts += (
        ["```python", "import gymnasium, vmenv", "", f'env = gymnasium.make("{kind.env_id(name)}")', "```", ""]
        if _bare(ready, found)
        else []
    )
    parts += [paragraph + "\n" for paragraph in [*question, text_of(found)]]
    picture = pictures.scenario_picture(kind, ready) if ready is not None else None
    if picture:
        out.write(f"environments/{name}.png", picture.png)
        parts += [f"![{picture.caption}]({name}.png)", "", picture.caption, ""]
    parts += ["## Spaces", "", _spaces(kind, ready), ""]
    parts += ["## Reward and end", "", _reward(kind, ready, found), ""]
    parts += ["## Parameters", "", _parameters(found), ""]
    parts += ["## What is known of it", "", _known(name, found), "", "## Versions", "", _versions(kind, name, ready)]
    return "\n".join(parts)


def _bare(ready: Scenario | None, found: Any) -> bool:
    return ready is not None and not found.from_python_only


def _spaces(kind: Kind, ready: Scenario | None) -> str:
    if ready is None:
        return f"As those of [{kind.name}]({kind.name}.md); their sizes depend on what is given."
    episodes = kind.episodes(ready, 1)
    rows = [["", "space"], *([f"observation `{name}`", f"`{space}`"] for name, space in episodes.observation_space.spaces.items())]
    rows.append(["action", f"`{episodes.action_space}`"])
    host = ", ".join(f"`{name}`" for name in module_of(kind.name).host_features(ready.build_host()))
    return table(rows) + f"\nThe host's row: {host}. What each feature means, with unit and scale: [{kind.name}]({kind.name}.md)."


def _reward(kind: Kind, ready: Scenario | None, found: Any) -> str:
    fields = {field.name: field for field in dataclasses.fields(found)}
    objective = ready.objective if ready is not None else fields["objective"].default
    measured = inspect.getdoc(kind.metrics[objective]).split("\n\n")[0]
    horizon = ready.horizon_us if ready is not None else None
    cut = f"after {horizon:,} us" if horizon is not None else "at `horizon_us`, if one is given"
    return (
        f"The objective is `{objective}`: {measured} Rewards are minus what it costs, as [{kind.name}]({kind.name}.md) says.\n\n"
        f"`terminated` when all VMs are done, `truncated` {cut}."
    )


def _parameters(found: Any) -> str:
    told = arguments(found)
    rows = [["parameter", "type", "default", "meaning"]]
    for field in dataclasses.fields(found):
        default = "" if field.default is dataclasses.MISSING else code(field.default)
        rows.append([f"`{field.name}`", f"`{field.type}`", default, told.get(field.name, "")])
    return table(rows)


def _known(name: str, found: Any) -> str:
    lines = results.standing(name)
    if "control" in found.tags:
        lines.append("It is a control: its optimum is known, and whoever does better has found a mistake in vmenv.")
    suites = [suite for suite in SUITES.values() if name in suite.scenarios]
    lines += [f"It belongs to the suite `{suite.name}`, version {suite.version}." for suite in suites]
    return "\n\n".join(lines or ["No results of it are committed: it depends on what is given."])


def _versions(kind: Kind, name: str, ready: Scenario | None) -> str:
    digest = (
        f" Its parameters have the digest `{scenario_digest(ready)}`." if ready is not None and name not in ("host", "share_host") else ""
    )
    changes = [
        " ".join(paragraph.split())
        for paragraph in (ROOT / "CHANGELOG.md").read_text().split("\n\n")
        if paragraph.startswith("**Numbers changed**") and re.search(rf"`{name}`", paragraph)
    ]
    return "\n".join([f"- `{kind.env_id(name)}`: the only version so far.{digest}", *(f"- {change}" for change in changes), ""])
