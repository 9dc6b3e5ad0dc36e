"""Training runs that are missing are made, by the same commands that anybody would give."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from experiments.learned.plan import (
    ALONE,
    JUDGED_EPISODES,
    ON_RIVAL,
    SCOUTING_DECISIONS,
    TRAINED_LOADS,
    TRAINED_SLOTS,
    TRAINING_SEEDS,
    WIDE,
    WIDE_DECISIONS,
    Plan,
)
from experiments.learned.runs import FORMULA, INDEX, finalists, is_complete, is_tuned, run_folder, tuned_folder, tuned_stems

JUDGED = f"agent.judged_episodes={JUDGED_EPISODES}"


def train_missing(plan: Plan, runs: Path) -> None:
    """Trains formulas and networks and tunes heuristics, as far as their runs are not there."""
    for seed in TRAINING_SEEDS:
        formula = run_folder(plan.scenario, FORMULA, runs, seed)
        if not is_complete(formula):
            train(*common(plan, seed, formula), "agent=formula", f"agent.decisions={plan.formula_decisions}")
        if not (plan.optimum or is_tuned(tuned_folder(plan.scenario, runs, seed))):
            tune(plan, runs, seed)
    for seed in TRAINING_SEEDS:
        network = run_folder(plan.scenario, INDEX, runs, seed)
        if not is_complete(network):
            budget = f"agent.decisions={plan.learned_decisions}"
            train(*common(plan, seed, network), "agent=index", budget, *base(plan, runs, seed), *plan.options)


def base(plan: Plan, runs: Path, seed: int) -> tuple[str, ...]:
    """Returns what a network builds on, as on the command line."""
    if plan.builds_on == ALONE:
        return ()
    tuned = tuned_folder(plan.scenario, runs, seed)
    return (f"agent.base={tuned_stems(tuned)[0] if plan.builds_on == ON_RIVAL else run_folder(plan.scenario, FORMULA, runs, seed)}",)


def tune(plan: Plan, runs: Path, seed: int) -> None:
    """Tunes all heuristics with the first seed, and with others those that were best with that."""
    folder = tuned_folder(plan.scenario, runs, seed)
    if seed:
        only: tuple[str, ...] = (f"agent.schedulers=[{','.join(finalists(plan.scenario, runs))}]",)
    else:
        only = (f"agent.first_share={SCOUTING_DECISIONS / plan.tuned_decisions:.4f}", "agent.most_kept=1")
    train(*common(plan, seed, folder), "agent=tuned", f"agent.decisions={plan.tuned_decisions}", *only)


def common(plan: Plan, seed: int, folder: Path) -> tuple[str, ...]:
    """Returns what all runs have alike, as on the command line; a run that was stopped goes on."""
    goes_on = ("resume=true",) if (folder / "config.yaml").exists() else ()
    return f"scenario={plan.scenario}", f"seed={seed}", f"folder={folder}", f"agent.eval_episodes={plan.validation}", JUDGED, *goes_on


def train_wide(runs: Path) -> None:
    """Trains the policy that mixes loads and slot counts, if it is not there."""
    if not is_complete(runs / WIDE):
        vary = f"agent.vary={{load: {list(TRAINED_LOADS)}, num_slots: {list(TRAINED_SLOTS)}}}"
        train("scenario=thrash", "agent=index", "seed=0", f"agent.decisions={WIDE_DECISIONS}", f"folder={runs / WIDE}", vary)


def train(*options: str) -> None:
    """Runs `python -m experiments.train`; what it prints is shown.

    Raises:
        SystemExit: It failed.
    """
    print("python -m experiments.train", *options, flush=True)
    code = subprocess.run([sys.executable, "-m", "experiments.train", *options], check=False).returncode
    if code:
        sys.exit(code)
