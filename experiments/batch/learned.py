"""What is trained for the three settings, by which commands, and the policies that came of it."""

from __future__ import annotations

import functools
import json
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import experiments.batch.job_index
import experiments.batch.tunable  # noqa: F401  # a file does not have modules imported
from vmenv.dispatch.scheduler import Scheduler
from vmenv.episodes.saved import copy_policy, load_policy, note_in_card, policies_in, read_card
from vmenv.errors import SpecError

POLICIES = Path(__file__).parent / "policies"
INDEX, TUNED = "index", "tuned"
SEARCHED = {
    TUNED: ("experiments.batch.tunable:WaitPowers", "experiments.batch.tunable:Area"),
    INDEX: ("experiments.batch.job_index:JobIndex",),
}
SCENARIO = {
    "committed": ["scenario.commit=true"],
    "free": ["agent.backfill=false"],
    "backfilled": ["scenario.commit=true", "scenario.reservation=true"],
}
JOBS = 1024  # of an episode
OVERESTIMATES = (0.0, 2.0, 30.0)  # of generated jobs: requested times that are exact, and up to 3 and 31 times too long
SEARCH = {"decisions": 60_000_000, "population": 24, "episodes": 24, "sigma": 0.05, "eval_episodes": 20, "judged_episodes": 40}


def commands(logs: Sequence[Path], runs: Path, seed: int = 0) -> list[str]:
    """Returns the commands that train for each setting, on generated jobs and on the first parts of these logs."""
    paths = ", ".join(["''", *map(str, logs)])
    lines = []
    for setting, options in SCENARIO.items():
        for kind, schedulers in SEARCHED.items():
            quoted = ", ".join(f"'{name}'" for name in schedulers)
            words = ["python", "-m", "experiments.train", "scenario=batch", f"scenario.num_vms={JOBS}", f"scenario.num_slots={JOBS}"]
            words += [
                *options,
                "agent=tuned",
                f"agent.schedulers=[{quoted}]",
                f"agent.vary={{path: [{paths}], overestimate: {list(OVERESTIMATES)}}}",
            ]
            words += [f"agent.{name}={value}" for name, value in SEARCH.items()]
            lines.append(shlex.join([*words, f"seed={seed}", f"folder={folder_of(setting, kind, runs, seed)}"]))
    return lines


def folder_of(setting: str, kind: str, runs: Path, seed: int) -> Path:
    """Returns where a training run lies."""
    return runs / f"batch-{setting}-{kind}-seed{seed}"


@functools.cache
def searched(setting: str, folder: Path = POLICIES) -> dict[str, Scheduler]:
    """Returns the best of the tuned orders and the index for a setting, those that are there, by kind.

    Raises:
        SpecError: A file holds something else.
    """
    found = {}
    for kind in SEARCHED:
        if f"{setting}-{kind}" in policies_in(folder):
            policy = load_policy(folder / f"{setting}-{kind}")
            if not isinstance(policy, Scheduler):
                raise SpecError(f"{folder / setting}-{kind} puts no jobs in order: train it as --commands says")
            found[kind] = policy
    return found


@functools.cache
def trained_on(folder: Path = POLICIES) -> tuple[str, ...]:
    """Returns the names of the logs of whose first parts the policies have seen windows."""
    cards = [read_card(folder / name) for name in policies_in(folder)]
    return tuple(sorted({path for card in cards for path in card["agent"]["vary"]["path"] if path}))


def ship(runs: Path, folder: Path = POLICIES) -> list[str]:
    """Copies the best run of each kind for each setting, by its validation episodes, and returns what was copied to where.

    Cards keep the names of the logs, and not where they lay.

    Raises:
        SpecError: There are no runs.
    """
    told = []
    for setting in SCENARIO:
        for kind in SEARCHED:
            pattern = folder_of(setting, kind, Path(), 0).name.removesuffix("0") + "*"
            stems = [run / name for run in sorted(runs.glob(pattern)) for name in policies_in(run)]
            if stems:
                best, target = min(stems, key=_validation), folder / f"{setting}-{kind}"
                copy_policy(best, target)
                card = read_card(best)
                said = json.dumps({name: card[name] for name in ("agent", "command")})
                said = re.sub(r"folder=[^ \"]*/", "folder=runs/", said)
                for path in filter(None, card["agent"]["vary"]["path"]):
                    said = said.replace(str(path), Path(path).name)
                note_in_card(target, json.loads(said))
                told.append(f"{best} -> {target}")
    if not told:
        raise SpecError(f"{runs} holds no training runs such as {folder_of('free', INDEX, runs, 0)}: train first, see --commands")
    return told


def _validation(stem: Path) -> float:
    return float(read_card(stem)["validation"]["value"])
