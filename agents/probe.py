"""Which features tell anything in a scenario: the others would only make a search longer."""

from __future__ import annotations

from typing import Any

import numpy as np

from vmenv.host.state import Floats, State
from vmenv.index.features import VM_FEATURES, write_vm_features
from vmenv.scenarios.base import FIRST_TRAINING_SEED, Scenario
from vmenv.schedulers.base import Scheduler
from vmenv.schedulers.experience import learn
from vmenv.simulation import simulate


def varying_features(scenario: Scenario) -> tuple[str, ...]:
    """Returns the names of the features that are not the same for all VMs at all decisions of a training episode.

    The episode is played by a policy that picks at random, so that VMs are left, paged out and taken up again.
    """
    seen: list[np.ndarray] = []
    rng = np.random.default_rng(0)

    work = scenario.episode(FIRST_TRAINING_SEED)
    has_labels = len(np.unique(work.tenant)) > 1  # with one label, the service says as much as what was learned of it

    def learn_sizes(s: State, params: Floats) -> None:
        learn(s)

    class Probe(Scheduler):
        information = "demands"
        source = "a probe"

        update = staticmethod(learn_sizes)

        @staticmethod
        def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
            row = np.zeros(len(VM_FEATURES))
            # 0: as if no memory were free.
            write_vm_features(vm, host, 0, float(scenario.time_scale_us), has_labels, row)
            seen.append(row)
            return float(rng.random()), 0.0

    simulate(scenario.build_host(), work, Probe(), num_slots=scenario.num_slots, horizon_us=scenario.horizon_us, interpreted=True)
    varies = np.ptp(np.array(seen), axis=0) > 0
    return tuple(name for name, does in zip(VM_FEATURES, varies, strict=True) if does)
