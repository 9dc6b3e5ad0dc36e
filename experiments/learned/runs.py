"""The training runs behind the page: those that are missing are made, by the same command that anybody would give."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agents.dispatch.tuned import tunable_schedulers
from agents.training.checkpoint import BEST
from experiments.learned.plan import DECISIONS, TRAINED_LOADS, TRAINED_SLOTS, TRAINING_SEEDS, WIDE, Plan
from vmenv.dispatch.index.policy import IndexPolicy
from vmenv.dispatch.scheduler import Scheduler
from vmenv.episodes.saved import load_policy
from vmenv.errors import SpecError


def train_missing(plan: Plan, runs: Path) -> None:
    """Trains the index policies and tunes the heuristics of a plan, as far as their runs are not there."""
    for seed in TRAINING_SEEDS:
        folder = index_folder(plan, runs, seed)
        if not is_complete(folder):
            options = (f"seed={seed}", f"folder={folder}", *budget(plan), *plan.options)
            train(f"scenario={plan.scenario}", "agent=index", *options)
    folder = tuned_folder(plan, runs)
    if plan.tunes and not all((folder / f"{name}.json").exists() and "evaluation" in card(folder / name) for name in tunable_schedulers()):
        options = ("seed=0", f"folder={folder}", *budget(plan), "resume=true")
        train(f"scenario={plan.scenario}", "agent=tuned", *options)


def budget(plan: Plan) -> tuple[str, ...]:
    """Returns what learned policies and tuned heuristics have alike, as on the command line."""
    return f"agent.decisions={plan.decisions}", f"agent.eval_episodes={plan.validation}"


def train_wide(runs: Path) -> None:
    """Trains the policy that mixes loads and slot counts, if it is not there."""
    if not is_complete(runs / WIDE):
        vary = f"agent.vary={{load: {list(TRAINED_LOADS)}, num_slots: {list(TRAINED_SLOTS)}}}"
        train("scenario=thrash", "agent=index", "seed=0", f"agent.decisions={2 * DECISIONS}", f"folder={runs / WIDE}", vary)


def train(*options: str) -> None:
    """Runs `python -m experiments.train`; what it prints is shown.

    Raises:
        SystemExit: It failed.
    """
    print("python -m experiments.train", *options, flush=True)
    code = subprocess.run([sys.executable, "-m", "experiments.train", *options], check=False).returncode
    if code:
        sys.exit(code)


def is_complete(folder: Path) -> bool:
    """Returns whether a run came to its end."""
    return (folder / f"{BEST}.json").exists() and "evaluation" in card(folder / BEST)


def index_folder(plan: Plan, runs: Path, seed: int) -> Path:
    """Returns where the trainer puts this run."""
    return runs / f"{plan.scenario}-index-seed{seed}"


def tuned_folder(plan: Plan, runs: Path) -> Path:
    """Returns where the trainer puts the tuned heuristics."""
    return runs / f"{plan.scenario}-tuned-seed0"


def card(stem: Path) -> dict[str, Any]:
    """Returns the card of a checkpoint."""
    told: dict[str, Any] = json.loads(stem.with_name(stem.name + ".json").read_text())
    return told


def index_policy(folder: Path) -> IndexPolicy:
    """Returns the policy of a run."""
    policy = load_policy(folder)
    if not isinstance(policy, IndexPolicy):
        raise SpecError(f"{folder} holds a {type(policy).__name__}, no index policy: remove it, it will be trained")
    return policy


def index_policies(plan: Plan, runs: Path) -> list[IndexPolicy]:
    """Returns the learned policies, one a training seed."""
    return [index_policy(index_folder(plan, runs, seed)) for seed in TRAINING_SEEDS]


def tuned_heuristics(plan: Plan, runs: Path) -> dict[str, Scheduler]:
    """Returns the tuned heuristics, the best on the validation episodes first."""
    if not plan.tunes:
        return {}
    folder = tuned_folder(plan, runs)
    names = sorted(tunable_schedulers(), key=lambda name: card(folder / name)["validation"]["value"])
    return {name: load_policy(folder / name) for name in names}


def best_run(plan: Plan, runs: Path) -> Path:
    """Returns the folder of the run that is best on the validation episodes."""
    folders: Sequence[Path] = [index_folder(plan, runs, seed) for seed in TRAINING_SEEDS]
    return min(folders, key=lambda folder: card(folder / BEST)["validation"]["value"])
