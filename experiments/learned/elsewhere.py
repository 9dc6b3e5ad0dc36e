"""Transfer: the learned policies and their rivals at settings that nobody was trained on, beside the same heuristic tuned anew there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.learned.plan import ELSEWHERE, EPISODES_ELSEWHERE, RETUNING_DECISIONS, Plan
from experiments.learned.playing import Player
from experiments.learned.rivals import Rival, find_rival
from experiments.learned.runs import INDEX, policies, tuned_stems
from experiments.learned.training import train
from experiments.learned.units import ABSENT
from experiments.learned.verdicts import shown
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.episodes.saved import load_policy
from vmenv.episodes.scenario import make_scenario
from vmenv.leaderboard.board import markdown
from vmenv.leaderboard.score import Interval, paired_ratio

Setting = Mapping[str, float]


@dataclass(frozen=True)
class Transfer:
    """What came out at one setting.

    Attributes:
        scenario: Name of the scenario.
        setting: Its parameters that differ.
        rival: What the rival is called.
        at_home: Cost of the learned policies / that of the rival, both as trained for the scenario itself.
        retuned: Cost of the learned policies / that of the same heuristic, tuned for the setting; None: it has no parameters.
    """

    scenario: str
    setting: Setting
    rival: str
    at_home: Interval
    retuned: Interval | None


def retune_missing(plan: Plan, runs: Path, player: Player) -> None:
    """Tunes the rival for each setting, if it has parameters and that run is not there."""
    rival = find_rival(plan, runs, player)
    for setting in ELSEWHERE.get(plan.scenario, ()):
        folder = folder_of(plan.scenario, setting, rival.kind, runs)
        if rival.best.tunable and not tuned_stems(folder):
            where = [f"scenario.{name}={value}" for name, value in setting.items()]
            budget = (f"agent.decisions={RETUNING_DECISIONS}", f"agent.schedulers=[{rival.kind}]")
            goes_on = ("resume=true",) if (folder / "config.yaml").exists() else ()
            train(f"scenario={plan.scenario}", *where, "agent=tuned", "seed=0", *budget, f"folder={folder}", *goes_on)


def folder_of(scenario: str, setting: Setting, scheduler: str, runs: Path) -> Path:
    """Returns where a heuristic tuned for a setting lies."""
    label = "-".join(f"{name}-{value:g}" for name, value in setting.items())
    return runs / "transfer" / f"{scenario}-{label}-{scheduler}-seed0"


def transfers(plan: Plan, runs: Path, player: Player, rival: Rival) -> list[Transfer]:
    """Plays a scenario's learned policies and its rival at all settings."""
    seeds = range(min(EPISODES_ELSEWHERE, plan.episodes))
    found = []
    for setting in ELSEWHERE.get(plan.scenario, ()):
        scenario = make_scenario(plan.scenario, **typed(plan.scenario, setting))
        learned = np.array([player.costs(policy, scenario, seeds) for policy in policies(plan.scenario, INDEX, runs)])
        home = np.array([player.costs(policy, scenario, seeds) for policy in rival.policies])
        stems = tuned_stems(folder_of(plan.scenario, setting, rival.kind, runs))
        anew = paired_ratio(learned, player.costs(load_policy(stems[0]), scenario, seeds)) if stems else None
        found.append(Transfer(plan.scenario, setting, rival.name, paired_ratio(learned, home), anew))
    return found


def typed(name: str, setting: Setting) -> dict[str, Any]:
    """Returns the parameters of a setting as the scenario's are: whole numbers where those are."""
    at_home: DispatchScenario = make_scenario(name)
    return {key: type(getattr(at_home, key))(value) for key, value in setting.items()}


def section(found: list[Transfer]) -> str:
    """Returns the page's section."""
    cells = [["scenario", "setting", "rival", "learned / rival as tuned at home", "learned / the same heuristic tuned there"]]
    for one in found:
        setting = ", ".join(f"{name}={value:g}" for name, value in one.setting.items())
        cells.append([one.scenario, setting, one.rival, shown(one.at_home), shown(one.retuned) if one.retuned else ABSENT])
    return (
        "## Where nobody was trained\n\n"
        "The learned policies of all training seeds at settings that they have not seen, beside the rival as it was tuned for the scenario "
        f"itself, and beside the same heuristic tuned for the setting with {RETUNING_DECISIONS / 1e6:g} M decisions ({ABSENT}: no run, "
        f"or nothing to tune). Up to {EPISODES_ELSEWHERE} evaluation episodes of each.\n\n{markdown(cells, num_texts=3)}"
    )
