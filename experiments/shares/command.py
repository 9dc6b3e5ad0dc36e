"""The command line: train what is missing, play everything, write page, picture and rows."""

from __future__ import annotations

import argparse
import csv
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agents.training.checkpoint import BEST
from experiments.reading import prepare
from experiments.shares.page import PAGE, PICTURE, ROWS, document, draw
from experiments.shares.past import MODELLED, modelled
from experiments.shares.results import Results, collect
from vmenv.episodes.files import write_whole
from vmenv.episodes.saved import SHIPPED, copy_policy, load_policy
from vmenv.episodes.scenario import make_scenario
from vmenv.errors import SpecError, VmenvError
from vmenv.share.kind import KIND
from vmenv.share.scenario import ShareScenario
from vmenv.share.scenarios.replay import ShareReplay


def main() -> None:
    """Makes the page."""
    parser = argparse.ArgumentParser(prog="python -m experiments.shares", description=__doc__)
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder of the training runs")
    parser.add_argument("--results", type=Path, default=Path("experiments/results"), help="where page, picture and rows go")
    parser.add_argument("--path", default="", help="folder of Bitbrains files of one month; without it there are no real windows")
    parser.add_argument("--minutes", type=float, default=2.0, help="of each training run")
    parser.add_argument("--seeds", type=int, default=2, help="training runs of each of share_ppo and share_index on each scenario")
    parser.add_argument("--sac", action="store_true", help="train sac too, once on each scenario")
    parser.add_argument("--ship", action="store_true", help="copy the best policy of share_spells into vmenv/policies/share")
    given = parser.parse_args()
    wanted: dict[str, dict[str, Any]] = {"share_spells": {}}
    if given.path:
        wanted["share_replay"] = {"path": given.path}
    try:
        scenarios = {name: make_scenario(name, **parameters) for name, parameters in wanted.items()}
        for scenario in scenarios.values():  # before anything is trained: a path may be mistyped
            prepare(scenario)
        results = [gain(name, scenarios[name], parameters, given) for name, parameters in wanted.items()]
    except VmenvError as error:
        sys.exit(f"error: {error}")
    write_whole(given.results / PAGE, document(results))
    draw(results, given.results / PICTURE)
    write_rows(given.results / ROWS, results)


def gain(name: str, scenario: ShareScenario, parameters: dict[str, Any], given: argparse.Namespace) -> Results:
    """Trains on a scenario of that name and with these parameters what is missing, and plays everything."""
    seeds = {"share_ppo": given.seeds, "share_index": given.seeds, "sac": int(given.sac)}
    by_agent = {
        agent: [train(scenario, name, parameters, agent, seed, given) for seed in range(number)]
        for agent, number in seeds.items()
        if number > 0
    }
    if isinstance(scenario, ShareReplay):
        told = modelled(scenario, given.runs)
        fitted = make_scenario("share_fitted", **told)
        for agent in [agent for agent in by_agent if agent != "sac"]:
            runs = [train(fitted, "share_fitted", told, agent, seed, given) for seed in range(given.seeds)]
            by_agent[f"{agent} {MODELLED}"] = runs
    learned: dict[str, Sequence[Any]] = {agent: [load_policy(folder) for folder in folders] for agent, folders in by_agent.items()}
    if given.ship and not parameters:  # the others were trained on files that not everybody has
        best = min((folder for runs in by_agent.values() for folder in runs), key=validation_of)
        copy_policy(best / BEST, SHIPPED / KIND.name / name)
    unlearned = [agent for agent, runs in by_agent.items() if not any(decisions_of(folder) for folder in runs)]
    rivals = [train(scenario, name, parameters, "share_tuned", seed, given) for seed in range(max(1, given.seeds))]
    return collect(name, scenario, load_policy(min(rivals, key=validation_of)), learned, unlearned)


def validation_of(folder: Path) -> float:
    """Returns what the best policy of a run costs on the validation episodes."""
    figure: float = json.loads((folder / f"{BEST}.json").read_text())["validation"]["value"]
    return figure


def decisions_of(folder: Path) -> int:
    """Returns after how many decisions a run was at its best on the validation episodes."""
    decisions: int = json.loads((folder / f"{BEST}.json").read_text())["decisions"]
    return decisions


def train(scenario: ShareScenario, name: str, parameters: dict[str, Any], agent: str, seed: int, given: argparse.Namespace) -> Path:
    """Runs `python -m experiments.train` unless its run is there, and returns its folder.

    Raises:
        SpecError: The run that is there was trained on another scenario.
        SystemExit: Training failed.
    """
    folder: Path = given.runs / f"{name}-{agent}-seed{seed}"
    card = folder / f"{BEST}.json"
    if not card.exists() or "evaluation" not in json.loads(card.read_text()):
        told = [f"scenario.{key}={value}" for key, value in parameters.items()]
        options = [f"scenario={name}", *told, f"agent={agent}", f"seed={seed}", f"minutes={given.minutes}", f"folder={folder}"]
        print("python -m experiments.train", *options, flush=True)
        code = subprocess.run([sys.executable, "-m", "experiments.train", *options], check=False).returncode
        if code:
            sys.exit(code)
    if json.loads(card.read_text())["scenario"] != json.loads(json.dumps(scenario.describe())):
        raise SpecError(f"{folder} was trained on another scenario: remove it, it will be trained again")
    return folder


def write_rows(path: Path, results: Sequence[Results]) -> None:
    """Writes the raw rows as CSV."""
    text = io.StringIO()
    first = next(iter(results[0].rows.values()))[0]
    writer = csv.DictWriter(text, ["scenario", "policy", *first], lineterminator="\n")
    writer.writeheader()
    for result in results:
        for name, rows in result.rows.items():
            writer.writerows({"scenario": result.name, "policy": name, **row} for row in rows)
    write_whole(path, text.getvalue())
