"""What compiled code draws is what plain Python draws, exactly, in every scenario of the package and at odd parameters."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import vmenv
from vmenv.dispatch.episode_tables import pack_episodes
from vmenv.dispatch.objective import cost_rates
from vmenv.dispatch.packing import pack
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.dispatch.scenarios.mm1 import Mm1
from vmenv.dispatch.scenarios.thrash import Thrash
from vmenv.episodes.drawing import Drawer, empty_tables
from vmenv.episodes.scenario import Scenario, scenario_class
from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.host.state import PER_TABLE
from vmenv.jit import drawing
from vmenv.workload.drawing import STATUS, Columns, Tables, workload_of
from vmenv.workload.table import Workload

GOLDEN = Path(__file__).parents[1] / "golden" / "episodes.json"
SEEDS = [*range(100), 2**32 - 1, *range(2**32, 2**32 + 100), 2**63 - 1]
ODD: list[tuple[str, dict[str, Any]]] = [
    *(("mystery", {"num_labels": labels}) for labels in (1, 3, 8)),
    *(("neighbours", {"num_classes": classes}) for classes in (1, 2, 7, 16)),
    ("bursts", {"num_tenants": 3, "quiet_load": 0.0}),
    ("tenants", {"num_vms": 17}),
    ("backup", {"num_vms": 3, "load": 2}),
    ("thrash", {"num_vms": 1}),
    ("gang", {"mean_us": 7}),
    ("batch", {"cpus": 1, "num_vms": 3}),
    ("batch", {"cpus": 100, "num_vms": 70, "pace": 3, "overestimate": 2.5}),
]
PACKAGED = [*vmenv.list_scenarios("dispatch"), *vmenv.list_scenarios("share")]  # other tests register more
OF_FILES = ("fitted", "share_fitted")  # which tests/dispatch/scenarios/test_fitted.py looks at
DRAWN = [name for name in PACKAGED if scenario_class(name).draw is not None and name not in OF_FILES]
CASES = [*((name, {}) for name in DRAWN), *ODD]
COLUMNS = [field.name for field in dataclasses.fields(Workload)]


def same(one: Workload, other: Workload) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in COLUMNS)  # None equals None


@pytest.fixture(autouse=True)
def _compiled_from_the_first_episode_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmenv.episodes.drawing.PATIENCE_S", 0.0)


def compiled(scenario: Scenario, seeds: list[int]) -> list[Workload]:
    """Returns what compiled code draws, as workloads."""
    drawer, size = Drawer(scenario), np.array([1, 1, 0])
    drawer.take([(k, seed) for k, seed in enumerate(seeds)])
    while True:
        tables = Tables(*(np.concatenate([table] * len(seeds)) for table in empty_tables(size)))
        drawer.fill(tables, len(seeds))
        if not drawer.drawn.found[: len(seeds), STATUS].any():
            return [workload_of(*(table[k] for table in tables), drawer.drawn.found[k]) for k in range(len(seeds))]
        size = np.maximum(drawer.largest(len(seeds)), size)
        drawer.rebind()


def plain(scenario: Scenario, seed: int) -> Workload:
    return scenario.draw_workload(np.random.default_rng(np.random.SeedSequence([seed, *scenario.stream])), seed)


def digest(scenario: Scenario) -> str:
    """Returns a digest of what a scenario has drawn for all SEEDS."""
    seen = hashlib.sha256()
    for seed in SEEDS:
        work = scenario.episode(seed)
        for name in COLUMNS:
            column = getattr(work, name)
            seen.update(name.encode() + (b"-" if column is None else np.ascontiguousarray(column, np.int64).tobytes()))
    return seen.hexdigest()[:32]


def test_all_that_need_no_files_are_drawn_by_compiled_code() -> None:
    assert {"replay", "host", "share_replay", "share_host"} == set(PACKAGED) - {*DRAWN, *OF_FILES}


@pytest.mark.parametrize(("name", "parameters"), CASES, ids=str)
def test_compiled_as_plain_python(name: str, parameters: dict[str, Any]) -> None:
    scenario = vmenv.make_scenario(name, **parameters)
    assert scenario.draws_compiled
    for seed, work in zip(SEEDS, compiled(scenario, SEEDS), strict=True):
        assert same(work, plain(scenario, seed)), seed


@pytest.mark.parametrize(("name", "parameters"), CASES, ids=str)
def test_episodes_stay_what_they_were(name: str, parameters: dict[str, Any]) -> None:
    assert digest(vmenv.make_scenario(name, **parameters)) == json.loads(GOLDEN.read_text())[f"{name} {parameters}"]


@pytest.mark.parametrize(("name", "parameters"), [case for case in CASES if scenario_class(case[0]).kind_name == "dispatch"], ids=str)
def test_tables_are_those_of_the_workloads(name: str, parameters: dict[str, Any]) -> None:
    scenario, seeds = vmenv.make_scenario(name, **parameters), SEEDS[:40]
    works = [plain(scenario, seed) for seed in seeds]
    rates = [cost_rates(scenario.objective, scenario.build_host(), work) for work in works]
    wanted = pack(scenario.build_host(), works, rates, num_slots=scenario.num_slots, horizon_us=None)
    drawn = pack_episodes(scenario, seeds)
    for k, work in enumerate(works):
        for field in set(PER_TABLE) - {"num_vms", "contention", "phases"}:
            assert np.array_equal(getattr(drawn, field)[k, : work.num_vms], getattr(wanted, field)[k, : work.num_vms]), (k, field)
        assert np.array_equal(drawn.phases[k, : len(work.work_us)], wanted.phases[k, : len(work.work_us)])
    assert np.array_equal(drawn.num_vms, wanted.num_vms)
    assert np.array_equal(drawn.contention, wanted.contention)


@pytest.mark.parametrize("objective", ["weighted_response_us", "mean_slowdown", "weighted_tardiness_us"])
def test_what_vms_cost_is_the_same(objective: str) -> None:
    scenario = vmenv.make_scenario("overcommit", objective=objective)
    works = [scenario.episode(seed) for seed in range(5)]
    rates = [cost_rates(objective, scenario.build_host(), work) for work in works]
    wanted, drawn = pack(scenario.build_host(), works, rates, num_slots=48, horizon_us=None), pack_episodes(scenario, range(5))
    for k, work in enumerate(works):
        for field in ("cost_rates", "late_rates", "deadlines"):
            assert np.array_equal(getattr(drawn, field)[k, : work.num_vms], getattr(wanted, field)[k, : work.num_vms])


def test_a_generator_goes_on_behind_what_was_drawn() -> None:
    rng, again = np.random.default_rng(5), np.random.default_rng(5)
    scenario = vmenv.make_scenario("backup", num_vms=20)
    first, second = scenario.draw_workload(rng, 0), scenario.draw_workload(rng, 0)
    assert not same(first, second)
    assert same(scenario.draw_workload(again, 0), first)
    assert rng.random() != again.random()


@pytest.mark.parametrize(
    ("name", "parameters", "word"),
    [("mm1", {"load": 1e-9}, "arrival_us"), ("thrash", {"load": 1e-9}, "arrival_us"), ("neighbours", {"mean_us": 2**53}, "_us")],
)
def test_what_no_workload_may_have_is_refused_in_a_batch_too(name: str, parameters: dict[str, Any], word: str) -> None:
    scenario = vmenv.make_scenario(name, **parameters)
    with pytest.raises(SpecError, match=word):
        scenario.episode(0)
    episodes = vmenv.Episodes(scenario, 4, num_kept=8)
    for _ in range(2):  # what has been refused is not kept
        with pytest.raises(SpecError, match=word):
            episodes.restart(range(4), 2**32 + np.arange(4))


class LargeVms(Thrash):
    """A subclass that writes its own episodes in numpy over those of its base."""

    def draw_workload(self, rng: np.random.Generator, seed: int) -> Workload:
        work = super().draw_workload(rng, seed)
        return dataclasses.replace(work, work_us=2 * work.work_us)


class Checked(Mm1):
    """A subclass with a check of its own."""

    def check(self, workload: Workload) -> None:
        super().check(workload)
        if workload.work_us.max() > 900_000:
            raise SpecError("too long for this one")


def test_what_a_subclass_writes_in_python_counts() -> None:
    large, thrash = LargeVms(), vmenv.make_scenario("thrash")
    assert not large.draws_compiled
    episodes = vmenv.Episodes(large, 2)
    episodes.restart([0, 1], [4, 5])
    for run, seed in ((0, 4), (1, 5)):
        assert np.array_equal(episodes.run(run).workload.work_us, 2 * thrash.episode(seed).work_us)
    with pytest.raises(SpecError, match="too long"):
        vmenv.Episodes(Checked(), 8).restart(range(8), range(8))


class Numbers(NamedTuple):
    """Of the scenario below."""

    num_vms: int


@drawing
def draw_pairs(rng: np.random.Generator, p: Numbers, out: Columns) -> tuple[int, int, int]:
    """Writes VMs of two phases each, the last to arrive first."""
    n = p.num_vms
    if n <= len(out.arrival_us) and 2 * n <= len(out.work_us):
        for i in range(n):
            out.arrival_us[i], out.num_phases[i] = 1_000 * (n - i), 2
        out.work_us[: 2 * n] = rng.integers(1, 50_000, 2 * n)
    return n, 2 * n, 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pairs(DispatchScenario):
    """A user's scenario that is compiled."""

    draw = staticmethod(draw_pairs)
    num_vms: int = 30

    def build_host(self) -> Host:
        return Host(cpus=2)

    def numbers(self) -> Numbers:
        return Numbers(self.num_vms)


class Silent(DispatchScenario):
    """One that does not say what it draws."""

    def build_host(self) -> Host:
        return Host()


def test_python_draws_until_compiling_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmenv.episodes.drawing.PATIENCE_S", 10.0)
    spent: dict[Any, float] = {}
    monkeypatch.setattr("vmenv.episodes.drawing._spent_s", spent)
    monkeypatch.setattr(Drawer, "fill", None)  # nobody may draw with it
    for name in ("mm1", "share_spells"):
        scenario = vmenv.make_scenario(name)
        vmenv.Episodes(scenario, 2).restart([0, 1], [5, 6])
        assert spent[type(scenario).draw] > 0
    monkeypatch.undo()
    monkeypatch.setattr("vmenv.episodes.drawing._spent_s", {Mm1.draw: 1.5})
    drawn: list[int] = []
    monkeypatch.setattr(Drawer, "take", lambda self, episodes: drawn.extend(seed for _, seed in episodes) or take(self, episodes))
    vmenv.Episodes("mm1", 2).restart([0, 1], [5, 6])
    assert drawn == [5, 6]


take = Drawer.take


def test_where_compiled_code_cannot_draw_python_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmenv.episodes.drawing.can_draw", lambda: False)
    monkeypatch.setattr(Drawer, "fill", None)
    for name in ("mm1", "share_spells"):
        vmenv.Episodes(name, 2).restart([0, 1], [5, 6])


def test_a_users_own_draw_is_compiled_too() -> None:
    pairs = Pairs()
    assert same(compiled(pairs, [3])[0], plain(pairs, 3))
    episodes = vmenv.Episodes(pairs, 40)
    episodes.restart(range(40), range(40))
    while not (episodes.terminated | episodes.truncated).all():
        episodes.step(episodes.advise("fcfs"))
    wanted = vmenv.simulate(pairs.build_host(), pairs.episode(7), "fcfs", num_slots=pairs.num_slots)
    assert episodes.run(7).digest() == wanted.digest()
    with pytest.raises(SpecError, match="does not say what it draws"):
        Silent().episode(0)


@pytest.mark.parametrize("name", ["thrash", "overcommit", "neighbours"])
def test_interpreted_batches_play_the_same_episodes(name: str) -> None:
    seen = []
    for interpreted in (False, True):
        scenario = vmenv.make_scenario(name, num_vms=12)
        episodes: Any = vmenv.Episodes(scenario, 3, num_kept=2, interpreted=interpreted)  # type: ignore[call-arg]  # what it makes takes it
        for seeds in ([1, 2, 2**32 + 9], [2**32 + 8, 2**32 + 9, 3]):
            episodes.restart(range(3), seeds)
            while not (episodes.terminated | episodes.truncated).all():
                episodes.step(episodes.some_actions())
            seen.append([episodes.run(r).digest() for r in range(3)])
    assert seen[:2] == seen[2:]
