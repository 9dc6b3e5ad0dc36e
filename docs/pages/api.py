"""The pages of the Python interface: which modules are for whom; what they hold, autodoc takes from their docstrings."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Sequence

import vmenv
from docs.pages.writing import Pages, toctree

# What stands in vmenv.__all__ is described under that name, on the first page; the other pages are of whole modules.
MODULES: dict[str, tuple[str, Sequence[str]]] = {
    "environments": (
        "Environments and batches",
        (
            "vmenv.dispatch.env",
            "vmenv.dispatch.vector",
            "vmenv.dispatch.spaces",
            "vmenv.dispatch.episodes",
            "vmenv.share.env",
            "vmenv.share.vector",
            "vmenv.share.episodes",
            "vmenv.episodes.env",
            "vmenv.episodes.vector",
            "vmenv.episodes.seeds",
        ),
    ),
    "writing": (
        "What one writes against",
        (
            "vmenv.registry",
            "vmenv.testing",
            "vmenv.dispatch.loop.view",
            "vmenv.dispatch.loop.looks",
            "vmenv.dispatch.loop.draws",
            "vmenv.dispatch.objective",
            "vmenv.share.scheduler",
            "vmenv.share.run",
            "vmenv.episodes.kinds",
            "vmenv.episodes.metric",
            "vmenv.episodes.ranges",
            "vmenv.workload.drawing",
        ),
    ),
    "policies": (
        "Policies that are learned",
        (
            "vmenv.dispatch.index.policy",
            "vmenv.dispatch.formula.policy",
            "vmenv.dispatch.formula.expression",
            "vmenv.dispatch.formula.export",
            "vmenv.share.scorer",
            "vmenv.episodes.saved",
        ),
    ),
    "bounds": (
        "Bounds",
        ("vmenv.bounds",),
    ),
    "workloads": (
        "Workloads and traces",
        (
            "vmenv.workload.trace",
            "vmenv.workload.model",
            "vmenv.workload.fitting",
            "vmenv.workload.clip",
            "vmenv.workload.combine",
            "vmenv.workload.saving",
            "vmenv.workload.summary",
        ),
    ),
    "pictures": (
        "Pictures",
        (
            "vmenv.dispatch.render",
            "vmenv.render.load",
        ),
    ),
    "leaderboard": (
        "Comparing",
        (
            "vmenv.leaderboard.suites",
            "vmenv.leaderboard.score",
            "vmenv.leaderboard.rows",
            "vmenv.leaderboard.units",
            "vmenv.leaderboard.entrants",
            "vmenv.leaderboard.origin",
        ),
    ),
    "live": (
        "A live host",
        (
            "vmenv.live.control",
            "vmenv.live.client",
            "vmenv.live.guests",
            "vmenv.live.status",
            "vmenv.live.driver",
        ),
    ),
}


def write(out: Pages) -> None:
    """Writes the pages."""
    out.write("reference/api.md", f"# Python\n\n{toctree(['api/vmenv', *(f'api/{name}' for name in MODULES)])}")
    out.write("reference/api/vmenv.md", _top())
    for name, (title, modules) in MODULES.items():
        out.write(f"reference/api/{name}.md", f"# {title}\n\n" + "\n".join(_module(module) for module in modules))


def _auto(directive: str, what: str, options: Sequence[str] = ()) -> str:
    return "\n".join(["```{eval-rst}", f".. {directive}:: {what}", *(f"   :{option}:" for option in options), "```", ""])


def _top() -> str:
    """Returns the page of what `import vmenv` gives: functions first, then classes, then errors."""
    things = {name: getattr(vmenv, name) for name in vmenv.__all__}
    errors = [name for name, thing in things.items() if isinstance(thing, type) and issubclass(thing, Exception)]
    classes = [name for name, thing in things.items() if isinstance(thing, type) and name not in errors]
    functions = [name for name in things if name not in errors and name not in classes]
    lines = ["# `vmenv`", "", inspect.getdoc(vmenv) or "", "", "## Functions", ""]
    lines += [_auto("autofunction", f"vmenv.{name}") for name in functions]
    lines += ["## Classes", "", *(_auto("autoclass", f"vmenv.{name}", ("members",)) for name in classes)]
    lines += ["## Errors", "", *(_auto("autoexception", f"vmenv.{name}") for name in errors)]
    return "\n".join(lines)


def _module(name: str) -> str:
    """Returns a section about a module, without what stands under `vmenv` already."""
    module = importlib.import_module(name)
    top = {id(getattr(vmenv, one)) for one in vmenv.__all__}
    twice = [one for one, thing in vars(module).items() if id(thing) in top]
    exported = getattr(module, "__all__", None)
    options = ["members", *(["imported-members"] if exported else []), *([f"exclude-members: {', '.join(twice)}"] if twice else [])]
    lines = [f"   :{option}" if ":" in option else f"   :{option}:" for option in options]
    return "\n".join([f"## `{name}`", "", "```{eval-rst}", f".. automodule:: {name}", *lines, "```", ""])
