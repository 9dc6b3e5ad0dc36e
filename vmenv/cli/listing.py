"""`vmenv list`: what there is, by name."""

from __future__ import annotations

import argparse
import json

WHAT = ("scenarios", "schedulers", "policies", "traces", "suites")


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to those that there are."""
    command = commands.add_parser(
        "list", help="names of scenarios, schedulers, policies, formats of traces and suites", description="Prints what there is, by name."
    )
    command.add_argument(
        "what", nargs="?", metavar="WHAT", choices=WHAT, default="scenarios", help=f"{', '.join(WHAT)} (default: scenarios)"
    )
    command.add_argument("--json", action="store_true", help="as JSON")
    command.set_defaults(run=_list)


def _list(options: argparse.Namespace) -> int:
    found = {"scenarios": _scenarios, "schedulers": _schedulers, "policies": _policies, "traces": _traces, "suites": _suites}[
        options.what
    ]()
    if options.json:
        print(json.dumps(found, indent=2))
        return 0
    width = max(map(len, found))
    for name, told in found.items():
        print(f"{name:{width}}  {told}")
    return 0


def _scenarios() -> dict[str, str]:
    from vmenv.episodes.scenario import list_scenarios, scenario_class

    classes = {name: scenario_class(name) for name in list_scenarios()}
    return {name: f"{found.summary} ({', '.join((found.kind_name, *found.tags))})" for name, found in classes.items()}


def _schedulers() -> dict[str, str]:
    from vmenv.episodes.kinds import kinds

    return {
        name: f"{str(kind.schedulers[name].__doc__ or '').strip().splitlines()[0]} ({kind.name}, sees {kind.schedulers[name].information})"
        for kind in kinds()
        for name in kind.schedulers.names()
    }


def _policies() -> dict[str, str]:
    from vmenv.episodes.saved import list_policies, read_card, stem_of

    cards = {name: read_card(stem_of(name)) for name in list_policies()}
    return {name: f"{card['kind']}, trained on {card['scenario']['kind']}" for name, card in cards.items()}


def _traces() -> dict[str, str]:
    from vmenv.workload.trace import TRACE_FORMATS

    return {name: str(TRACE_FORMATS[name].__doc__ or "").strip().splitlines()[0] for name in TRACE_FORMATS.names()}


def _suites() -> dict[str, str]:
    from vmenv.leaderboard.suites import SUITES

    return {suite.name: f"{suite.version}: {', '.join(suite.scenarios)}" for suite in SUITES.values()}
