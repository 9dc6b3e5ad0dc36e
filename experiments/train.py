"""Train an agent on a scenario: `python -m experiments.train scenario=thrash agent=ppo seed=0`.

Several at once: `python -m experiments.train --multirun seed=0,1,2`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from agents.checkpoint import versions, write_whole
from experiments.hydra_app import build_agent, build_scenario, describe, run
from vmenv.evaluation import evaluate


def train(config: DictConfig) -> None:
    """Trains, and says how the policy does on the evaluation episodes."""
    named = HydraConfig.get().runtime.choices
    scenario = build_scenario(config, named["scenario"])
    agent = build_agent(config, named["agent"])
    folder = Path(config.folder)
    record = {
        "scenario": describe(scenario, named["scenario"]),
        "agent": describe(agent, named["agent"]),
        "seed": config.seed,
        "minutes": config.minutes,
        "versions": versions(),
        "command": "python -m experiments.train " + " ".join(sys.argv[1:]),
    }
    write_whole(folder / "config.yaml", OmegaConf.to_yaml(OmegaConf.create(record)))
    policy = agent.train(scenario, seed=config.seed, minutes=config.minutes, folder=folder, resume=config.resume)
    figure = np.mean([row[scenario.objective] for row in evaluate(policy, scenario)])
    print(f"{folder}: {scenario.objective} {figure:.3f} on the 100 evaluation episodes; tensorboard --logdir {folder / 'tensorboard'}")


if __name__ == "__main__":
    run(train, "train")
