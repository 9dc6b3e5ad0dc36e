"""Results and training runs that nobody trained for, of which the tests of the page know what is to be said."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiments.learned.plan import TRAINING_SEEDS, Claim, Plan
from experiments.learned.results import Results
from experiments.learned.rivals import Rival, untuned
from experiments.learned.runs import FORMULA, INDEX
from experiments.learned.yardsticks import LOWER_BOUND, SEARCHED
from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.dispatch.index.policy import untrained
from vmenv.dispatch.saved import save_scheduler
from vmenv.dispatch.scheduler import Scheduler
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import make_scheduler

REFERENCE = np.random.default_rng(0).exponential(100.0, 50)
FORMULA_POLICY = FormulaPolicy(score="weight * promise - page_in", wait="host.running - 2.0")


def some(*claimed: Claim, learned: Sequence[float] = (0.79, 0.81), optimum: str = "", **heuristic: float) -> Results:
    """Results in which everybody costs a multiple of the same."""
    rival = untuned(optimum or "fcfs")
    return Results(
        plan=Plan("thrash", claimed, 1_000, optimum=optimum),
        scenario=make_scenario("thrash"),
        seeds=range(REFERENCE.size),
        rival=rival if optimum else Rival("tuned mlfq", (make_scheduler("mlfq"),) * 2, make_scheduler("mlfq", threshold_us=1e5)),
        formula=FORMULA_POLICY,
        costs={
            "rival": np.array([[1.0], [1.0]]) * REFERENCE,
            INDEX: np.array(learned)[:, None] * REFERENCE,
            FORMULA: np.array([0.83, 0.85])[:, None] * REFERENCE,
        },
        heuristics={name: factor * REFERENCE for name, factor in heuristic.items()},
        tuned={},
        limits={"srpt": 0.5 * REFERENCE, LOWER_BOUND: 0.2 * REFERENCE, SEARCHED: 0.4 * REFERENCE[:10]},
    )


def save(policy: Scheduler, folder: Path, stem: str, validation: float, decisions: int = 1000) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        "validation": {"value": validation, "episodes": 4},
        "evaluation": {"value": 1.0},
        "agent": {"decisions": decisions},
        "decisions": 9,
    }
    save_scheduler(policy, folder / stem, about)
    (folder / "curve.csv").write_text("decisions,seconds,validation\n10,0.1,3.5\n20,0.2,3.0\n")


def save_runs(runs: Path, scenario: str = "thrash") -> None:
    """Runs of all training seeds: formulas, networks that build on them, and two tuned heuristics, the second best with seed 2."""
    tau = make_scenario(scenario).time_scale_us
    for seed in TRAINING_SEEDS:
        formula = FormulaPolicy(score=f"-attained - {seed}.0 * page_in", time_scale_us=tau)
        save(formula, runs / f"{scenario}-formula-seed{seed}", "policy", 3.0 - (seed == 1))
        save(untrained(("cpu",), (), 4, tau, formula), runs / f"{scenario}-index-seed{seed}", "policy", 3.0 - (seed == 1))
        save(make_scheduler("mlfq", threshold_us=1e5 + seed), runs / f"{scenario}-tuned-seed{seed}", "mlfq", 4.0 + 0.1 * seed)
        save(make_scheduler("credit", slice_us=1e5 + seed), runs / f"{scenario}-tuned-seed{seed}", "credit", 5.0 - 2 * (seed == 2))
