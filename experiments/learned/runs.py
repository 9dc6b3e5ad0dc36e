"""The training runs behind the page: where they lie, what their cards say, and the policies in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import agents.dispatch  # noqa: F401  # makes the networks of its agents loadable
from agents.dispatch.tuned import tunable_schedulers
from agents.training.checkpoint import BEST
from experiments.learned.plan import TRAINING_SEEDS, Plan
from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.dispatch.index.policy import IndexPolicy
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler
from vmenv.episodes.saved import load_policy
from vmenv.errors import SpecError

FORMULA, INDEX, PPO, GENERALIST = "formula", "index", "ppo", "generalist"
NUM_FINALISTS = 1  # heuristics that are tuned again with other seeds
KINDS: dict[str, type[Any]] = {FORMULA: FormulaPolicy, INDEX: IndexPolicy, GENERALIST: IndexPolicy}


def run_folder(scenario: str, agent: str, runs: Path, seed: int) -> Path:
    """Returns where the trainer puts a run; the generalist's is the same for all scenarios."""
    return runs / (f"generalist-index-seed{seed}" if agent == GENERALIST else f"{scenario}-{agent}-seed{seed}")


def folders(scenario: str, agent: str, runs: Path) -> list[Path]:
    """Returns the folders of an agent's runs that came to their end, one a training seed."""
    return [folder for seed in TRAINING_SEEDS if is_complete(folder := run_folder(scenario, agent, runs, seed))]


def is_complete(folder: Path) -> bool:
    """Returns whether a run came to its end."""
    return has_policy(folder / BEST)


def has_policy(stem: Path) -> bool:
    """Returns whether there is a policy that was evaluated when its run had ended."""
    return stem.with_name(f"{stem.name}.json").exists() and "evaluation" in card(stem)


def card(stem: Path) -> dict[str, Any]:
    """Returns the card of a checkpoint."""
    told: dict[str, Any] = json.loads(stem.with_name(f"{stem.name}.json").read_text())
    return told


def validation(stem: Path) -> float:
    """Returns the cost on the validation episodes by which the policy was chosen."""
    return float(card(stem)["validation"]["value"])


def index_policy(folder: Path) -> IndexPolicy:
    """Returns the network of a run."""
    policy = load_kind(folder, INDEX)
    assert isinstance(policy, IndexPolicy)
    return policy


def load_kind(folder: Path, agent: str) -> Any:
    """Returns the policy of an agent's run.

    Raises:
        SpecError: The folder holds a policy of another kind.
    """
    policy = load_policy(folder)
    if not isinstance(policy, KINDS.get(agent, object)):
        raise SpecError(f"{folder} holds a {type(policy).__name__}, no {agent}: remove it, it will be trained")
    return policy


def policies(scenario: str, agent: str, runs: Path) -> list[Any]:
    """Returns the policies of an agent's runs, one a training seed."""
    return [load_kind(folder, agent) for folder in folders(scenario, agent, runs)]


def best_run(scenario: str, agent: str, runs: Path) -> Path:
    """Returns the folder of the run that is best on the validation episodes."""
    return min(folders(scenario, agent, runs), key=lambda folder: validation(folder / BEST))


def tuned_folder(scenario: str, runs: Path, seed: int = 0) -> Path:
    """Returns where the trainer puts tuned heuristics."""
    return run_folder(scenario, "tuned", runs, seed)


def tuned_stems(folder: Path) -> list[Path]:
    """Returns the heuristics of a tuning run that are done, without ending, the best on the validation episodes first."""
    stems = [file.with_suffix("") for file in folder.glob("*.json") if file.stem in SCHEDULERS.names()]
    return sorted((stem for stem in stems if has_policy(stem)), key=validation)


def finalists(scenario: str, runs: Path) -> tuple[str, ...]:
    """Returns the names of the heuristics that are tuned with all seeds: the best of the first."""
    return tuple(stem.name for stem in tuned_stems(tuned_folder(scenario, runs))[:NUM_FINALISTS])


def is_tuned(folder: Path) -> bool:
    """Returns whether a tuning run came to its end, with all heuristics that it was told to tune."""
    stems = tuned_stems(folder)
    wanted = card(stems[0])["agent"].get("schedulers") or tunable_schedulers() if stems else ()
    return bool(wanted) and set(wanted) <= {stem.name for stem in stems}


def tuned_picks(scenario: str, runs: Path) -> list[Path]:
    """Returns the best heuristic on the validation episodes of every tuning run, without ending."""
    return [stems[0] for seed in TRAINING_SEEDS if (stems := tuned_stems(tuned_folder(scenario, runs, seed)))]


def tuned_heuristics(scenario: str, runs: Path) -> dict[str, Scheduler]:
    """Returns all heuristics as the first run tuned them, the best on the validation episodes first."""
    return {stem.name: load_policy(stem) for stem in tuned_stems(tuned_folder(scenario, runs))}


def missing(plan: Plan, runs: Path) -> list[str]:
    """Returns the names of the runs that a plan needs and that are not there."""
    wanted = [run_folder(plan.scenario, agent, runs, seed) for agent in (FORMULA, INDEX) for seed in TRAINING_SEEDS]
    absent = [folder.name for folder in wanted if not is_complete(folder)]
    tunings = () if plan.optimum else TRAINING_SEEDS
    return absent + [
        tuned_folder(plan.scenario, runs, seed).name for seed in tunings if not is_tuned(tuned_folder(plan.scenario, runs, seed))
    ]
