"""Train an agent on a scenario: `python -m experiments.train scenario=thrash agent=ppo seed=0`.

Several at once: `python -m experiments.train --multirun seed=0,1,2`.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import shlex
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from agents.training.agent import Agent, check_trains_on
from agents.training.checkpoint import BEST, LAST, has_checkpoint, saved_policies, versions
from agents.training.curve import mean_cost
from agents.training.events import TENSORBOARD
from experiments.hydra_app import build_agent, build_scenario, check_flag, describe, make_folder, run
from vmenv.checks import check_integer
from vmenv.episodes.files import only_writer, write_whole
from vmenv.episodes.saved import load_policy, note_in_card
from vmenv.episodes.seeds import EVALUATION_SEEDS
from vmenv.errors import SpecError

MOST_SEED = 2**32 - 1  # what numpy, torch and SB3 all take
CONFIG = "config.yaml"
EARLIER = "earlier"  # a folder beside the runs: the leaderboard looks at runs only


def train(config: DictConfig) -> None:
    """Trains, and says how the policy does on the evaluation episodes."""
    named = HydraConfig.get().runtime.choices
    scenario, agent = check(config, named)
    folder = Path(str(config.folder))
    if config.resume:
        check_resumes(folder)
    elif folder.exists():
        with only_writer(folder):
            set_aside(folder)
    record = {
        "scenario": describe(scenario, named["scenario"]),
        "agent": describe(agent, named["agent"]),
        "seed": config.seed,
        "minutes": config.minutes,
        "versions": versions(),
        "command": shlex.join(["python", "-m", "experiments.train", *sys.argv[1:]]),
    }
    with only_writer(make_folder("folder", folder)), told_what_stays(folder):
        with put_back_if_refused(folder / CONFIG):
            write_whole(folder / CONFIG, OmegaConf.to_yaml(OmegaConf.create(record)))
            policy = agent.train(scenario, seed=config.seed, minutes=config.minutes, folder=folder, resume=config.resume)
        figure = mean_cost(policy, scenario, EVALUATION_SEEDS)
        for stem in saved_policies(folder):
            value = figure if stem.name == BEST else mean_cost(load_policy(stem), scenario, EVALUATION_SEEDS)
            evaluation = {"metric": scenario.objective, "value": value, "episodes": len(EVALUATION_SEEDS)}
            note_in_card(stem, {"evaluation": evaluation, "command": record["command"]})
    print(f"{folder}: {scenario.objective} {figure:.3f} on the 100 evaluation episodes; tensorboard --logdir {folder / TENSORBOARD}")


@contextlib.contextmanager
def told_what_stays(folder: Path) -> Iterator[None]:
    """Ends the program with one line if training is interrupted, or if the disk is full: what was saved before is still there.

    Raises:
        SystemExit: With status 130 after an interrupt, as shells do, and 1 after an error of the disk.
    """
    try:
        yield
    except (KeyboardInterrupt, OSError) as error:
        interrupted = isinstance(error, KeyboardInterrupt)
        if has_checkpoint(folder / LAST):
            kept = "the same command with resume=true goes on from the last evaluation"
            policies = [stem.name for stem in saved_policies(folder)]
            kept += f", and {folder} holds the best policy so far" if BEST in policies else ""
        else:
            kept = "nothing had been saved yet"
        print(f"\n{'interrupted' if interrupted else f'error: {error}'}: {kept}", file=sys.stderr, flush=True)
        sys.exit(130 if interrupted else 1)


def check(config: DictConfig, named: Mapping[str, str]) -> tuple[Any, Agent]:
    """Returns the scenario and the agent, if they can be had and the agent trains on the scenario.

    Raises:
        SpecError: A value is out of range, or the two do not fit together.
    """
    scenario, agent = build_scenario(config, named["scenario"]), build_agent(config, named["agent"])
    check_trains_on(agent, scenario)
    check_settings(config)
    return scenario, agent


def check_settings(config: DictConfig) -> None:
    """Checks what is neither the scenario's nor the agent's.

    Raises:
        SpecError: A value is out of range.
    """
    check_integer("seed", config.seed, most=MOST_SEED)
    minutes = config.minutes
    if minutes is not None and (isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 < minutes < math.inf):
        raise SpecError(f"minutes is {minutes!r}: give a number above 0, or null for no limit")
    check_flag("resume", config.resume)


def check_resumes(folder: Path) -> None:
    """Checks that there is a run to go on with.

    Raises:
        SpecError: There is none.
    """
    if not (folder / CONFIG).exists():  # without a checkpoint the run was stopped before it had one, and begins anew
        raise SpecError(f"resume is true, but {folder} holds no run to go on with: give the folder of one, or leave resume=true away")


@contextlib.contextmanager
def put_back_if_refused(file: Path) -> Iterator[None]:
    """Gives a file its content back if what is done meanwhile is refused: a run of one agent is not resumed by another, and stays whole."""
    before = file.read_text() if file.exists() else None
    try:
        yield
    except SpecError:
        if before is not None:
            write_whole(file, before)
        raise


def set_aside(folder: Path) -> None:
    """Moves an earlier run out of the way: hours of training must not be lost to a command that is given again."""
    cards = list(folder.glob("*.json"))
    if cards and (folder / CONFIG).exists():  # other folders may hold JSON files too
        ended = datetime.fromtimestamp(max(file.stat().st_mtime for file in cards))
        name = f"{folder.name}-{ended:%Y-%m-%dT%H-%M-%S}"
        places = (folder.parent / EARLIER / (name if k == 1 else f"{name}-{k}") for k in itertools.count(1))
        place = next(place for place in places if not place.exists())
        make_folder("folder", place.parent)
        folder.rename(place)
        print(f"{folder} held a run, which is now {place}: resume=true goes on with a run", flush=True)


if __name__ == "__main__":
    run(train, "train", check)
