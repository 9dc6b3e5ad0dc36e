"""`vmenv simulate`: plays one episode, and prints, draws or exports it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from vmenv.errors import SpecError

EXAMPLES = """examples:
  vmenv simulate las                                          # episode 0 of thrash: its metrics
  vmenv simulate gang-index --scenario gang --seed 3 load=0.9
  vmenv simulate las --gantt las.png --perfetto las.json      # open the second in ui.perfetto.dev
"""

SHOWN_GRANTS = 80


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to those that there are."""
    command = commands.add_parser(
        "simulate",
        help="play one episode: metrics, a Gantt chart, a trace for Perfetto",
        description="Plays one episode of a scenario of dispatch under a scheduler or a policy.",
        epilog=EXAMPLES,
    )
    command.add_argument("policy", help='a scheduler, a policy, a path, or "my_module:MyScheduler"')
    command.add_argument("settings", nargs="*", metavar="key=value", help="parameters of the scenario")
    command.add_argument("--scenario", default="thrash", help="default: thrash")
    command.add_argument("--seed", type=int, default=0, help="of the episode (default: 0)")
    command.add_argument("--json", action="store_true", help="print the metrics as JSON")
    command.add_argument("--gantt", type=Path, metavar="FILE", help=f"draw some {SHOWN_GRANTS} grants in the middle: .png, .svg or .pdf")
    command.add_argument("--perfetto", type=Path, metavar="FILE", help="write all grants as a trace for ui.perfetto.dev")
    command.set_defaults(run=_simulate)


def _simulate(options: argparse.Namespace) -> int:
    from vmenv.dispatch.kind import KIND
    from vmenv.dispatch.render.timeline import write_timeline
    from vmenv.dispatch.simulation import simulate
    from vmenv.episodes.seeds import check_seed
    from vmenv.leaderboard.entrants import enter

    sys.path.insert(0, "")  # modules of one's own lie where one stands
    scenario = scenario_of(options.scenario, options.settings)
    run = simulate(
        scenario.build_host(),
        scenario.episode(check_seed(options.seed)),
        enter(options.policy, KIND).policy,
        seed=options.seed,
        num_slots=scenario.num_slots,
        horizon_us=scenario.horizon_us,
        objective=scenario.objective,
        record=bool(options.gantt or options.perfetto),
    )
    told: dict[str, Any] = {**run.metrics(), "num_decisions": run.num_decisions, "digest": run.digest()}
    if options.json:
        print(json.dumps(told, indent=2))
    else:
        width = max(map(len, told))
        for name, value in told.items():
            print(f"{name:{width}}  {value:,.6g}" if isinstance(value, float) else f"{name:{width}}  {value}")
    try:
        if options.perfetto:
            write_timeline(run, options.perfetto)
        if options.gantt:
            from vmenv.dispatch.render.gantt import draw_gantt
            from vmenv.dispatch.render.window import middle

            from_us, to_us = middle(run, SHOWN_GRANTS)
            title = f"{options.policy} on {options.scenario}, episode {options.seed}"
            draw_gantt(run, from_us=from_us, to_us=to_us, title=title).savefig(options.gantt)
    except (OSError, ValueError) as error:
        raise SpecError(f"the picture or trace cannot be written ({error}): give another file") from error
    return 0


def scenario_of(name: str, settings: list[str]) -> Any:
    """Returns a scenario of dispatch with the parameters that a command line says.

    Raises:
        SpecError: A setting is not key=value, or the scenario does not decide who is granted next.
    """
    from vmenv.cli.settings import settings_of
    from vmenv.episodes.scenario import resolve_scenario, scenario_class

    known = [field.name for field in dataclasses.fields(scenario_class(name))]
    return resolve_scenario(name, settings_of(settings, known, f"scenario {name!r}"), "dispatch")
