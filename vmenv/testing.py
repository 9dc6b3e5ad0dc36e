"""Contract checks for what outsiders add: `check_scheduler("mine")` in one line of a test.

Each check raises `ContractError` with one line that says what is broken, and returns nothing if all is well. They compile what they
check, so that the first call takes some seconds.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from vmenv.dispatch.scheduler import INFORMATION_CLASSES, Scheduler
from vmenv.dispatch.simulation import simulate
from vmenv.episodes.kinds import KINDS
from vmenv.episodes.policy import find_policy
from vmenv.episodes.scenario import Scenario, list_scenarios, make_scenario, scenario_class
from vmenv.errors import VmenvError
from vmenv.host.spec import PREEMPT_MODES, Disk, Host, Nic
from vmenv.registry import load
from vmenv.workload.files import PathLike
from vmenv.workload.table import Phase, Workload
from vmenv.workload.trace import read_trace


class ContractError(VmenvError, AssertionError):
    """Something does not keep its contract."""


def require(holds: bool, what: str) -> None:
    """Raises ContractError with `what` unless it holds."""
    if not holds:
        raise ContractError(what)


def random_case(seed: int) -> tuple[Host, Workload]:
    """Returns a small random host and a workload on which paging, queues, ties and pre-emption happen all the time."""
    rng = np.random.default_rng([seed, 0x7E57])
    host = Host(
        cpus=int(rng.integers(1, 4)),
        memory_mib=int(rng.integers(8, 17)),
        disks=tuple(Disk(bandwidth_kib_s=int(b)) for b in rng.integers(5, 10, rng.integers(1, 4))),
        nics=tuple(Nic(bandwidth_kib_s=int(b)) for b in rng.integers(5, 10, rng.integers(1, 3))),
        quantum_us=int(rng.choice([1, 3, 10, 50])),
        switch_us=int(rng.choice([0, 1, 5])),
        reload_us=int(rng.choice([0, 0, 4])),
        swap_kib_s=[None, 700_000_001, 300_000_000][rng.integers(3)],
        preempt=PREEMPT_MODES[rng.integers(3)],
    )
    n = int(rng.integers(1, 10))
    phases = [[Phase(*(int(rng.integers(low, high)) for low, high in _PHASE_RANGES)) for _ in range(rng.integers(1, 4))] for _ in range(n)]
    columns = {name: rng.integers(low, high, n) for name, (low, high) in _VM_RANGES.items()}
    return host, Workload.from_phases(rng.integers(0, 60, n), phases, **columns)


_PHASE_RANGES = ((1, 26), (0, 1001), (0, 9), (0, 6), (0, 6))
_VM_RANGES = {"weight": (1, 5), "priority": (-2, 3), "slo_us": (0, 100), "estimate_us": (0, 60), "tenant": (0, 3)}


def check_scheduler(scheduler: str | Scheduler, cases: int = 60) -> None:
    """Checks a scheduler on random hosts and workloads.

    It says its information class and source; its parameters are finite; every run ends with all VMs done, is the same each time, the
    same interpreted and compiled, and for equal VMs depends on their order of arrival only through their numbers; if it says `keeps_keys`,
    its keys stay while VMs wait; unless it says `waits_on_purpose`, it is work-conserving: while a VM fits, it grants one.

    Args:
        scheduler: A name or a scheduler.
        cases: Number of random cases.

    Raises:
        ContractError: With the first thing that is broken.
    """
    policy = find_policy(scheduler, KINDS["dispatch"])
    name = type(policy).__name__
    require(getattr(policy, "information", None) in INFORMATION_CLASSES, f"{name}.information must be one of {INFORMATION_CLASSES}")
    require(bool(getattr(policy, "source", "")), f"{name}.source must say where the rule comes from")
    require(bool(np.isfinite(policy.params()).all()), f"{name}.params() must be finite numbers")
    for seed in range(cases):
        host, work = random_case(seed)
        where = f"on vmenv.testing.random_case({seed})"
        interpreted = simulate(host, work, policy, seed=seed, interpreted=True)  # first: Python says what is wrong with a key in one line
        run = simulate(host, work, policy, seed=seed)
        require(bool(run.completed.all()), f"{name} leaves VMs undone {where}")
        require(simulate(host, work, policy, seed=seed).digest() == run.digest(), f"{name} is not deterministic {where}")
        require(interpreted.digest() == run.digest(), f"{name} decides otherwise interpreted than compiled {where}")
        if policy.keeps_keys:
            kept_none = simulate(host, work, _without_kept_keys(policy), seed=seed, interpreted=True)
            require(kept_none.digest() == run.digest(), f"{name} says keeps_keys, but its keys move while VMs wait {where}")
        if policy.backfill and not policy.waits_on_purpose:
            require(run.num_decisions == int(run.num_grants.sum()), f"{name} waits although a VM fits {where}")


def _without_kept_keys(scheduler: Scheduler) -> Scheduler:
    """Returns the same scheduler with all keys computed at every pick."""
    kind = type(scheduler.__class__.__name__, (type(scheduler),), {"keeps_keys": False})
    other: Scheduler = kind(**{field.name: getattr(scheduler, field.name) for field in dataclasses.fields(scheduler)})
    return other


def check_kind(name: str) -> None:
    """Checks a kind of decision: what it names is there and fits together, and a batch of it goes from the beginning to an outcome.

    Raises:
        ContractError: With the first thing that is broken.
    """
    kind = KINDS[name]
    for path in (kind.scenario_registry, kind.scheduler_registry, kind.metric_registry, kind.episodes_class, kind.player):
        require(load(path) is not None, f"{name} names {path}, which is nothing")
    for loader in kind.loaders.values():
        require(callable(load(loader)), f"{name} loads policies with {loader}, which is no function")
    default = kind.default_scenario
    require(default in kind.scenarios, f"{name}.default_scenario is {default!r}, which is none of its scenarios")
    for rule in (*kind.references, *kind.rivals, *(rule for rule, _ in kind.variants.values())):
        require(rule in kind.schedulers, f"{name} names {rule!r}, which is none of its heuristics")
    for column in kind.columns:
        require(column.metric in kind.metrics, f"{name} shows {column.metric!r} on leaderboards, which is none of its metrics")
    for scenario in kind.scenario_files():
        require(scenario in kind.scenarios, f"{name}: the file of {scenario!r} registers no scenario of this name")
    batch = kind.episodes(default, 2, interpreted=True)
    batch.restart([0, 1], [0, 0])
    for _ in range(20):
        for feature, buffer in batch.observations._asdict().items():
            require(batch.observation_space[feature].contains(buffer[0]), f"{name} observes {feature} outside of its space")
        if (batch.terminated | batch.truncated).all():
            break
        batch.step(batch.some_actions())
    require(batch.run(0).digest() == batch.run(1).digest(), f"{name}: the same episode and actions give other outcomes")
    require(set(batch.run(0).metrics()) == set(kind.metrics.names()), f"{name}: a run's metrics() are not those registered")


def check_scenario(scenario: str | Scenario, seeds: Iterable[int] = range(3)) -> None:
    """Checks a scenario, whatever is decided in it.

    Its episodes are reproducible, feasible, and differ by seed, its parameters are plain, and the conservation laws hold under play.

    Raises:
        ContractError: With the first thing that is broken.
    """
    chosen = make_scenario(scenario) if isinstance(scenario, str) else scenario
    name = type(chosen).__name__
    require(bool(getattr(chosen, "summary", "")), f"{name}.summary must say in a line what it is")
    try:
        json.dumps(chosen.describe())
    except TypeError as error:
        raise ContractError(f"{name}.describe() must hold plain values only: {error}") from error
    require(chosen.build_host() == chosen.build_host(), f"{name}.build_host() must be the same each time")
    require(chosen.objective in chosen.kind.metrics, f"{name}.objective is {chosen.objective!r}, which is no metric of {chosen.kind_name}")
    for seed in seeds:
        first, again = chosen.episode(seed), chosen.episode(seed)
        for column in ("arrival_us", *Phase._fields, "weight", "priority", "slo_us", "image_mib"):
            same = np.array_equal(getattr(first, column), getattr(again, column))
            require(same, f"{name}.episode({seed}) draws another {column} each time: take all randomness from the generator given")
        episodes = chosen.kind.episodes(chosen, 1)
        episodes.restart([0], [seed])
        for _ in range(50):
            if episodes.terminated[0] or episodes.truncated[0]:
                break
            broken = episodes.broken_laws(0)
            require(not broken, f"{name}.episode({seed}) breaks a law: {broken[:1]}")
            episodes.step(episodes.some_actions())


def check_generator(draw: Callable[[np.random.Generator], Workload]) -> None:
    """Checks a function that draws workloads: it takes all its randomness from the generator that it is given.

    Raises:
        ContractError: With the first thing that is broken.
    """
    first, again, other = (draw(np.random.default_rng(seed)) for seed in (0, 0, 1))
    require(isinstance(first, Workload), f"a generator must return a vmenv.Workload, not {type(first).__name__}")
    require(np.array_equal(first.work_us, again.work_us), "the same generator state must give the same workload")
    differs = not (np.array_equal(first.work_us, other.work_us) and np.array_equal(first.arrival_us, other.arrival_us))
    require(differs, "another seed must give another workload: the generator is not used")


def check_metric(metric: str | Callable[[Any], float], kind: str = "dispatch") -> None:
    """Checks a metric: a finite number for complete runs, cut runs, and runs that nobody has entered yet.

    Args:
        metric: A name or a function of a run.
        kind: The kind of decision that the runs are of.

    Raises:
        ContractError: With the first thing that is broken.
    """
    measure = KINDS[kind].metrics[metric] if isinstance(metric, str) else metric
    work = Workload.from_arrays([3, 5, 5], [30, 10, 20], slo_us=[0, 15, 100])
    own = [name for name in list_scenarios(kind) if scenario_class(name).from_python_only]
    for horizon_us in (None, 12, 1):
        given: dict[str, Any] = {"host": Host(), "workload": work} if own else {}
        scenario = make_scenario(own[0] if own else KINDS[kind].default_scenario, horizon_us=horizon_us, **given)
        episodes = scenario.kind.episodes(scenario, 1, interpreted=True)
        episodes.restart([0], [0])
        while not (episodes.terminated | episodes.truncated).all():
            episodes.step(episodes.some_actions())
        value = measure(episodes.run(0))
        require(
            isinstance(value, float) and math.isfinite(value),
            f"the metric gives {value!r} for a run cut at {horizon_us}: give a finite float",
        )


def check_trace_format(name: str, path: PathLike, **options: Any) -> None:
    """Checks a trace format on a sample of its files: the same workload each time, and one that a host can take.

    Args:
        name: Of the format.
        path: Of the sample.
        **options: Of its reader.

    Raises:
        ContractError: With the first thing that is broken.
    """
    first, again = read_trace(path, name, **options), read_trace(path, name, **options)
    for column in ("arrival_us", *Phase._fields):
        require(np.array_equal(getattr(first, column), getattr(again, column)), f"{name} reads another {column} each time")
    require(int(first.arrival_us.min()) >= 0, f"{name} must count arrivals from the start of the window")
