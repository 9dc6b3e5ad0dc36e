"""Features by name: one definition each, the same in the observation and for an index policy, and each that is listed is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from vmenv.dispatch import observation
from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.features import host as of_host
from vmenv.dispatch.features.feature import FLAG, PLAIN, RATIO, SIGNED, SQUASH, Feature, Table, places
from vmenv.dispatch.features.host import DEVICE, HOST, LOADED, WAITING
from vmenv.dispatch.features.vm import VM
from vmenv.dispatch.index import features as index
from vmenv.dispatch.loop.experience import learn
from vmenv.dispatch.loop.looks import count_waiting_classes, loaded_tenant, waiting_for_cpu
from vmenv.dispatch.loop.view import view_host, view_vm
from vmenv.episodes.saved import SHIPPED
from vmenv.episodes.scenario import make_scenario
from vmenv.host import columns as c
from vmenv.host.fitting import fits
from vmenv.host.state import State, one

VALUES: dict[str, Callable[[float, float], float]] = {
    FLAG: lambda x, y: float(x),
    PLAIN: lambda x, y: float(x),
    RATIO: lambda x, y: float(x) / float(y),
    SQUASH: lambda x, y: float(x) / (float(x) + float(y)),
    SIGNED: lambda x, y: float(x) / (abs(float(x)) + float(y)),
}
INDEX_HOST = HOST | WAITING | LOADED
SITUATIONS = {  # scenarios that between them have quanta, deadlines, tenants, maintenance, paging, contention and announced sizes
    "thrash": {},
    "bursts": {},
    "neighbours": {},
    "backup": {},
    "tenants": {"num_slots": 8},
    "mystery": {},
}

IN_FLOAT32 = 1e-6


def value(feature: Feature, *arguments: Any) -> float:
    """Returns the feature in float64, from its parts and its form."""
    assert feature.parts is not None
    return VALUES[feature.form](*feature.parts(*arguments))


def vm_value(feature: Feature, s: State, i: int, tau: float) -> float:
    if feature.name == "present":
        return 1.0
    if feature.name == "fits":
        return float(fits(s, i))
    return value(feature, view_vm(s, i), view_host(s), tau)


def host_value(name: str, s: State, tau: float) -> float:
    host = view_host(s)
    if name in HOST:
        return value(HOST[name], host, tau)
    if name in WAITING:
        return value(WAITING[name], host, waiting_for_cpu(host))
    return value(LOADED[name], loaded_tenant(host, tau), tau)


def differing(seen: dict[str, float], expected: dict[str, float], relative: float = 0.0) -> dict[str, tuple[float, float]]:
    """Returns by name what is not as expected; NaN is not."""
    return {k: (seen[k], x) for k, x in expected.items() if not abs(seen[k] - x) <= relative * abs(x)}


@pytest.mark.parametrize("told", [{}, {"clairvoyant": True}, {"history": True}], ids=str)
@pytest.mark.parametrize("name", SITUATIONS)
def test_every_feature_by_name(name: str, told: dict[str, bool]) -> None:
    """In random play, compiled: what is observed, and what an index policy is given, is what the definition of that name says."""
    scenario = make_scenario(name, **SITUATIONS[name])
    episodes, tau, spec = DispatchEpisodes(scenario, 1, **told), float(scenario.time_scale_us), scenario.build_host()
    episodes.restart([0], [2])
    episodes.remember()  # what index policies learn from
    rng = np.random.default_rng(1)
    names, names_of_host = observation.vm_features(**told), observation.host_features(spec)
    for step in range(240):
        s, seen = one(episodes.runs, 0), episodes.observations
        if step % 15 == 0:
            learn(s)
            host = view_host(s)
            count_waiting_classes(host)
            for i in np.flatnonzero(s.front[:, c.STATUS] != c.EMPTY):
                row = np.full(len(index.VM_FEATURES), np.nan)
                index.write_vm_features(view_vm(s, i), host, tau, True, row)
                given = dict(zip(index.VM_FEATURES, row.tolist(), strict=True))
                assert not differing(given, {feature: vm_value(VM[feature], s, i, tau) for feature in index.VM_FEATURES})
                observed = dict(zip(names, seen.vms[0, i].tolist(), strict=True))
                assert not differing(observed, {feature: vm_value(VM[feature], s, i, tau) for feature in names}, IN_FLOAT32)
                assert not differing(observed, {feature: given[feature] for feature in given.keys() & observed.keys()}, IN_FLOAT32)
            row = np.full(len(index.HOST_FEATURES), np.nan)
            index.write_host_features(host, tau, True, row)
            given = dict(zip(index.HOST_FEATURES, row.tolist(), strict=True))
            assert not differing(given, {feature: host_value(feature, s, tau) for feature in index.HOST_FEATURES})
            expected = {feature: host_value(feature, s, tau) for feature in observation.HOST_FEATURES}
            for device, of in enumerate(spec.device_names):
                expected |= {f"{what}_{of}": value(DEVICE[what], host, device) for what in observation.DEVICE_FEATURES}
            observed = dict(zip(names_of_host, seen.host[0].tolist(), strict=True))
            assert observed.keys() == expected.keys()
            assert not differing(observed, expected, IN_FLOAT32)
            assert not differing(observed, {feature: given[feature] for feature in given.keys() & observed.keys()}, IN_FLOAT32)
        legal = np.flatnonzero(seen.action_mask[0])
        episodes.step(np.array([rng.choice(legal)]))
        assert not episodes.phase[0], "or less is looked at than the test says"


def test_every_feature_that_is_listed_is_declared_and_the_other_way_round() -> None:
    observed = {*observation.VM_FEATURES, *observation.CLAIRVOYANT_FEATURES, *observation.HISTORY_FEATURES}
    assert observed | set(index.VM_FEATURES) == set(VM)
    assert set(observation.HOST_FEATURES) | set(index.HOST_FEATURES) == set(INDEX_HOST)
    assert set(observation.DEVICE_FEATURES) == set(DEVICE)
    assert len(INDEX_HOST) == len(HOST) + len(WAITING) + len(LOADED), "one table has it"


def test_what_an_index_policy_sees_of_the_host_is_free_of_the_number_of_slots() -> None:
    assert not [name for name in index.HOST_FEATURES if "slots" in INDEX_HOST[name].scale]


def test_a_rule_that_is_not_clairvoyant_has_no_feature_that_is() -> None:
    told = {name for name, feature in VM.items() if "CLAIRVOYANT" in feature.meaning}
    assert told == set(observation.CLAIRVOYANT_FEATURES)
    assert not told & set(index.VM_FEATURES)


def test_two_names_never_mean_the_same() -> None:
    """Nor does one name mean two things: `Table` refuses it."""
    for table in (VM, INDEX_HOST, DEVICE):
        texts = [(feature.describe(), feature.unit) for feature in table.values()]
        assert len(set(texts)) == len(texts)
    with pytest.raises(ValueError, match="'age' is declared twice"):
        VM.enter(VM["age"])


def test_a_feature_says_what_it_is() -> None:
    assert VM["attained_long"].describe() == "squash(service so far, 10 tau)"
    assert VM["attained_long"].unit == "us"
    assert VM["slack"].describe() == "x / (|x| + tau), x: time to its deadline, 0 without one"
    assert VM["memory"].describe() == "memory demand / host memory"
    assert VM["running"].describe() == "1 if it runs, else 0"
    assert HOST["free_cpu"].parts is not of_host.free
    for table in (VM, INDEX_HOST, DEVICE):
        for name, feature in table.items():
            assert feature.name == name
            assert feature.form in VALUES
            assert bool(feature.scale) == (feature.form not in (FLAG, PLAIN))
            assert feature.meaning
            assert feature.unit


def test_policies_that_come_with_vmenv_look_at_features_that_there_are() -> None:
    cards = [json.loads(path.read_text()) for path in (SHIPPED / "dispatch").glob("*-index*.json")]
    assert cards
    for card in cards:
        assert set(card["features"]) <= set(index.VM_FEATURES)
        assert set(card["host_features"]) <= set(index.HOST_FEATURES)


def test_places_are_found_by_name_alone() -> None:
    at = places(("a", "b"))
    assert (at.a, at.b) == (0, 1)
    with pytest.raises(AttributeError):
        _ = at.c
    table = Table()
    table.declare("a letter", "1", FLAG)(letter)
    assert table["letter"].parts is letter


def letter(*views: Any) -> tuple[float, float]:
    return 1, 1
