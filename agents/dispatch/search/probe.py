"""Which features tell anything in a scenario: the others would only make a search longer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from vmenv.dispatch.index.features import HOST_FEATURES, VM_FEATURES, write_host_features, write_vm_features
from vmenv.dispatch.loop.experience import learn
from vmenv.dispatch.loop.view import view_host
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.dispatch.scheduler import Scheduler
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.seeds import FIRST_TRAINING_SEED
from vmenv.host.state import Floats, State


def varying_features(scenario: DispatchScenario) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns the names of the features of VMs, and of the host, that tell something in a training episode.

    Those that are the same at all decisions are left out, and those that are always the same as another. The episode is played by a policy
    that picks at random, so that VMs are left, paged out and taken up again.
    """
    seen: list[Floats] = []
    seen_host: list[Floats] = []
    rng = np.random.default_rng(0)
    tau = float(scenario.time_scale_us)

    host = scenario.build_host()
    work = scenario.episode(FIRST_TRAINING_SEED)
    has_labels = len(np.unique(work.tenant)) > 1  # with one label, the service says as much as what was learned of it

    looks_around = host.reload_us > 0 or work.contention is not None

    def look_at_host(s: State, params: Floats) -> None:
        learn(s)
        row = np.zeros(len(HOST_FEATURES))
        write_host_features(view_host(s), tau, looks_around, row)
        seen_host.append(row)

    class Probe(Scheduler):
        information = "demands"
        source = "a probe"

        update = staticmethod(look_at_host)

        @staticmethod
        def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
            row = np.zeros(len(VM_FEATURES))
            no_memory_free = host._replace(memory_resident_mib=host.memory_mib)
            write_vm_features(vm, no_memory_free, tau, has_labels, row)
            seen.append(row)
            return float(rng.random()), 0.0

    simulate(host, work, Probe(), num_slots=scenario.num_slots, horizon_us=scenario.horizon_us, interpreted=True)
    return _varying(VM_FEATURES, seen), _varying(HOST_FEATURES, seen_host)


def varying_in_any(scenarios: Iterable[DispatchScenario]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns the names of the features that tell something in any of the scenarios, in the order in which they are declared."""
    found = [varying_features(scenario) for scenario in scenarios]
    of_vm, of_host = (set().union(*(pair[k] for pair in found)) for k in (0, 1))
    return tuple(name for name in VM_FEATURES if name in of_vm), tuple(name for name in HOST_FEATURES if name in of_host)


def _varying(names: Iterable[str], rows: list[Floats]) -> tuple[str, ...]:
    columns = np.array(rows).T
    found: dict[bytes, str] = {}  # by what they were: of two that are always the same, the first is enough
    for name, column in zip(names, columns, strict=True):
        if np.ptp(column) > 0:
            found.setdefault(column.tobytes(), name)
    return tuple(found.values())
