"""A formula, or a tuned heuristic, as the ground on which a network builds: on the scale of a network's scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.dispatch.search.rules import as_formula
from vmenv.dispatch.formula.expression import Expression, apply, number
from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.dispatch.index.places import WAIT
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.dispatch.scheduler import Scheduler
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.saved import load_policy
from vmenv.episodes.seeds import FIRST_TRAINING_SEED
from vmenv.errors import SpecError

NEVER = -1e9  # what waiting is worth where the formula never waits: below any VM, however far some lie below most of them
LOW, HIGH, SPREADS = 10, 90, 2.563  # percentiles of what VMs are worth, and how many standard deviations of normal numbers lie between


def standardised(name: str, scenario: DispatchScenario) -> FormulaPolicy:
    """Returns a saved formula, or a heuristic as one, shifted and divided so that what VMs and waiting are worth is mostly within 1 of 0.

    Raises:
        SpecError: The policy cannot be written as a formula, or was made for another time scale.
    """
    policy = load_policy(name)
    if not isinstance(policy, FormulaPolicy):
        policy = as_formula(policy, scenario.time_scale_us)
    if policy.time_scale_us != scenario.time_scale_us:
        raise SpecError(
            f"agent.base has a time scale of {policy.time_scale_us} us, the scenario {scenario.time_scale_us}: give another one"
        )
    seen: list[float] = []

    class Probe(Scheduler):
        information = "demands"
        source = "a probe"
        waits_on_purpose = True

        def params(self, seed: int = 0) -> Any:
            return policy.params()

        update = staticmethod(policy.update)

        @staticmethod
        def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
            waiting, host.run_memory[WAIT] = host.run_memory[WAIT], -np.inf
            worth = -policy.key(vm, host, params)[0]
            host.run_memory[WAIT] = waiting
            seen.append(worth)
            return (np.inf if worth < waiting else -worth), 0.0

    simulate(
        scenario.build_host(),
        scenario.episode(FIRST_TRAINING_SEED),
        Probe(),
        num_slots=scenario.num_slots,
        horizon_us=scenario.horizon_us,
        interpreted=True,
    )
    low, middle, high = np.percentile(seen, [LOW, 50, HIGH])
    spread = (high - low) / SPREADS or 1.0

    def scaled(expression: Any) -> Expression:
        return apply("div", apply("sub", expression, number(float(middle))), number(float(spread)))

    wait = number(NEVER) if policy.wait is None else scaled(policy.wait)
    return FormulaPolicy(score=scaled(policy.score), wait=wait, time_scale_us=policy.time_scale_us)
