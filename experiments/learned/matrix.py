"""One policy for a range of loads and slot counts: how it does on those that it was trained on, and on others."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from experiments.learned.plan import LOADS, SLOTS, TRAINED_LOADS, TRAINED_SLOTS, WIDE
from experiments.learned.playing import Player
from vmenv.dispatch.scheduler import Scheduler
from vmenv.episodes.saved import load_policy
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import make_scheduler
from vmenv.episodes.seeds import EVALUATION_SEEDS
from vmenv.leaderboard.board import markdown
from vmenv.leaderboard.score import paired_ratio


def matrix(runs: Path, tuned: Scheduler, player: Player) -> str:
    """Returns the page's section: cost beside clairvoyant SRPT and beside the best heuristic, tuned on the scenario's own load.

    Args:
        runs: Folder of the training runs.
        tuned: That heuristic.
        player: Plays them.
    """
    wide, srpt = load_policy(runs / WIDE), make_scheduler("srpt")
    beside_srpt, beside_tuned = [["load"] + [f"{slots} slots" for slots in SLOTS]], []
    beside_tuned.append(beside_srpt[0])
    for load in LOADS:
        first, second = [str(load)], [str(load)]
        for slots in SLOTS:
            scenario = make_scenario("thrash", load=load, num_slots=slots)
            learned = player.costs(wide, scenario, EVALUATION_SEEDS)
            seen = "*" if load in TRAINED_LOADS and slots in TRAINED_SLOTS else ""
            first.append(f"{paired_ratio(learned, player.costs(srpt, scenario, EVALUATION_SEEDS), 1000)}{seen}")
            second.append(f"{np.mean(learned) / np.mean(player.costs(tuned, scenario, EVALUATION_SEEDS)):.2f}{seen}")
        beside_srpt.append(first)
        beside_tuned.append(second)
    return (
        "## One policy for many loads and sizes\n\n"
        f"Trained on loads {TRAINED_LOADS} x slots {TRAINED_SLOTS} at once (marked *), looked at on those and on others, each "
        f"time on the {len(EVALUATION_SEEDS)} evaluation episodes. Cost / cost of clairvoyant SRPT on the same episodes, 95 % "
        "intervals over episodes:\n\n"
        f"{markdown(beside_srpt)}\n"
        "Cost / cost of the best tuned heuristic, tuned at load 0.7 with 24 slots:\n\n"
        f"{markdown(beside_tuned)}"
    )
