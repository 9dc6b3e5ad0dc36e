"""Train an agent on a scenario: `python -m experiments.train scenario=thrash agent=ppo seed=0`.

Several at once: `python -m experiments.train --multirun seed=0,1,2`.
"""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from agents.checkpoint import BEST, LAST, versions, write_whole
from agents.curve import mean_cost
from experiments.hydra_app import build_agent, build_scenario, check_kinds, describe, run
from vmenv.saved import load_policy
from vmenv.scenarios.base import EVALUATION_SEEDS


def train(config: DictConfig) -> None:
    """Trains, and says how the policy does on the evaluation episodes."""
    named = HydraConfig.get().runtime.choices
    scenario = build_scenario(config, named["scenario"])
    agent = build_agent(config, named["agent"])
    check_kinds(scenario, agent)
    folder = Path(config.folder)
    record = {
        "scenario": describe(scenario, named["scenario"]),
        "agent": describe(agent, named["agent"]),
        "seed": config.seed,
        "minutes": config.minutes,
        "versions": versions(),
        "command": shlex.join(["python", "-m", "experiments.train", *sys.argv[1:]]),
    }
    write_whole(folder / "config.yaml", OmegaConf.to_yaml(OmegaConf.create(record)))
    policy = agent.train(scenario, seed=config.seed, minutes=config.minutes, folder=folder, resume=config.resume)
    figure = mean_cost(policy, scenario, EVALUATION_SEEDS)
    for file in folder.glob("*.json"):
        card = json.loads(file.read_text())
        if "kind" in card and file.stem != LAST:
            value = figure if file.stem == BEST else mean_cost(load_policy(file), scenario, EVALUATION_SEEDS)
            evaluation = {"metric": scenario.objective, "value": value, "episodes": len(EVALUATION_SEEDS)}
            write_whole(file, json.dumps(card | {"evaluation": evaluation, "command": record["command"]}, indent=2) + "\n")
    print(f"{folder}: {scenario.objective} {figure:.3f} on the 100 evaluation episodes; tensorboard --logdir {folder / 'tensorboard'}")


if __name__ == "__main__":
    run(train, "train")
