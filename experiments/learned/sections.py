"""What is said of one scenario: its training runs, what is left to the bounds, and all heuristics, equals in one row."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agents.dispatch.formula import Formula
from agents.dispatch.index import Index
from agents.dispatch.tuned import Tuned
from agents.training.agent import Agent
from agents.training.checkpoint import BEST
from experiments.learned.plan import TRAINING_SEEDS
from experiments.learned.results import Results
from experiments.learned.rules import parameters
from experiments.learned.runs import FORMULA, INDEX, card, run_folder, tuned_folder, tuned_picks
from experiments.learned.units import ABSENT, in_unit, unit
from experiments.learned.words import limit_lines
from vmenv.dispatch import scheduler as schedulers
from vmenv.episodes.schedulers import make_scheduler
from vmenv.host.state import Floats
from vmenv.leaderboard.board import markdown

FAR_BEHIND = 3.0  # cost / that of the best heuristic, beyond which one is only named
ALWAYS_SET = ("decisions", "eval_episodes", "base", "schedulers")


def section(result: Results, runs: Path) -> str:
    """Returns the section."""

    def run_of(agent: str) -> Path:
        return run_folder(result.name, agent, runs, TRAINING_SEEDS[0])

    text = f"## {result.name}\n\n{unit(result.scenario.objective).capitalize()}, {len(result.seeds)} evaluation episodes, "
    text += f"{result.plan.validation} validation episodes. Runs of `agent=formula`{options(run_of(FORMULA) / BEST, Formula())}, then of "
    text += f"`agent=index`{options(run_of(INDEX) / BEST, Index())}, which build on {result.plan.builds_on}:\n\n"
    text += f"{markdown(training_runs(result, runs))}\n"
    text += limit_lines(result)
    if result.heuristics:
        rows, far, idle = heuristics(result)
        tuned = tuned_folder(result.name, runs) / next(iter(result.tuned))
        spent = f"up to {card(tuned)['agent']['decisions'] / 1e6:.3g} M decisions each{options(tuned, Tuned())}"
        text += f"\nAll heuristics, those with parameters tuned, with {spent}; equals at every episode are one "
        text += f"row:\n\n{markdown(rows, num_texts=3)}"
        text += f"\nMore than {FAR_BEHIND:g} times as costly as the best that does not see sizes: {', '.join(far)}.\n" if far else ""
        text += f"\nTheir input is not given here, so that they play another rule: {', '.join(idle)}.\n" if idle else ""
    return text


def options(stem: Path, agent: Agent) -> str:
    """Returns the settings of a run that are not the defaults of its agent, by its card, as on the command line."""
    told, plain = card(stem)["agent"], dataclasses.asdict(agent)
    other = {key: told[key] for key in plain if key in told and key not in ALWAYS_SET and told[key] != as_json(plain[key])}
    return f" (`{' '.join(f'agent.{key}={spelled(value)}' for key, value in other.items())}`)" if other else ""


def as_json(value: Any) -> Any:
    """Returns a value as JSON keeps it."""
    return list(value) if isinstance(value, tuple) else value


def spelled(value: Any) -> str:
    """Returns a value as on the command line."""
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def training_runs(result: Results, runs: Path) -> list[list[str]]:
    """Returns the table of the training runs."""
    objective = result.scenario.objective
    cells = [
        [
            "training seed",
            "formula",
            "learned",
            "rival",
            "formula on validation",
            "learned on validation",
            "decisions, formula + learned",
            "decisions, rival",
        ]
    ]
    picks = [] if result.plan.optimum else tuned_picks(result.name, runs)
    for k, seed in enumerate(TRAINING_SEEDS):
        cards = [card(run_folder(result.name, agent, runs, seed) / BEST) for agent in (FORMULA, INDEX)]
        means = [in_unit(float(result.costs[agent][k].mean()), objective) for agent in (FORMULA, INDEX)]
        rival = in_unit(float(result.rival_costs[k].mean()), objective) if k < len(result.rival_costs) else ABSENT
        spent = " + ".join(f"{told['agent']['decisions'] / 1e6:.3g}" for told in cards)
        tuned = f"{card(picks[k])['agent']['decisions'] / 1e6:.3g} M" if k < len(picks) else ABSENT
        validated = (in_unit(told["validation"]["value"], objective) for told in cards)
        cells.append([str(seed), *means, rival, *validated, f"{spent} M", tuned])
    return cells


def heuristics(result: Results) -> tuple[list[list[str]], list[str], list[str]]:
    """Returns the table of heuristics, the names of those far behind, and of those that lack their input."""
    objective = result.scenario.objective
    groups: dict[tuple[bytes, bytes], list[str]] = {}
    for name, plain in result.heuristics.items():
        groups.setdefault((best_of(result, name).tobytes(), plain.tobytes()), []).append(name)

    def cost(names: Sequence[str]) -> float:
        return float(best_of(result, names[0]).mean())

    fair = [cost(names) for names in groups.values() if any(sees(name) != "clairvoyant" for name in names)]
    limit, cells, far = FAR_BEHIND * min(fair), [["heuristic", "sees", "tuned parameters", "cost", "with its defaults"]], []
    for names in sorted(groups.values(), key=cost):
        if cost(names) > limit:
            far += names
            continue
        found = [parameters(result.policies[name]) for name in names if name in result.policies and changed(result.policies[name])]
        default = float(result.heuristics[names[0]].mean())
        seen = " / ".join(dict.fromkeys(map(sees, names)))
        cells.append([" = ".join(names), seen, "; ".join(found) or ABSENT, in_unit(cost(names), objective), in_unit(default, objective)])
    return cells, sorted(far), lacking(result)


def best_of(result: Results, name: str) -> Floats:
    """Returns (E,) what a heuristic costs, tuned if it was."""
    return result.tuned.get(name, result.heuristics[name])


def sees(name: str) -> str:
    """Returns the information class of a heuristic."""
    return str(make_scheduler(name).information)


def changed(scheduler: schedulers.Scheduler) -> bool:
    """Returns whether tuning has changed anything."""
    return bool(np.any(scheduler.params() != type(scheduler)().params()))


def lacking(result: Results) -> list[str]:
    """Returns the names of heuristics whose input the scenario does not give, where schedulers say what they need."""
    inputs_missing: Callable[..., Any] | None = getattr(schedulers, "inputs_missing", None)
    if inputs_missing is None:
        return []
    workload = result.scenario.episode(0)
    return [name for name in result.heuristics if inputs_missing(make_scheduler(name), workload)]
