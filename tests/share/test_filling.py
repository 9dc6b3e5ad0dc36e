"""The filling of an interval: the unit facts, the properties of max-min fairness, and the bisection against the loop that it stands for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vmenv.checks import LARGEST
from vmenv.host.columns import CPU, DISK, NUM_USES
from vmenv.jit import compiled
from vmenv.share.filling import (
    LEFT_ASC,
    LEFT_DESC,
    SHARE,
    Filling,
    dominant,
    fill,
    hold_to,
    loop,
    make_filling,
    more_fits,
)


def one_device(capacity: int, asks: list[int], weights: list[int] | None = None) -> Filling:
    """Returns a filling in which only the CPU is asked for."""
    f = make_filling([capacity, 1, 1], len(asks))
    f.asks[:, CPU] = asks
    f.weights[:] = weights or 1
    return f


def looped(f: Filling, key: int, parts: int = 0) -> list[int]:
    loop(f, key, parts)
    return f.grants[:, CPU].tolist()


def filled(capacity: int, asks: list[int], weights: list[int] | None = None) -> list[int]:
    f = one_device(capacity, asks, weights)
    fill(f)
    return f.grants[:, CPU].tolist()


# --- by hand ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "expected"), [(SHARE, [3, 3, 3, 1]), (LEFT_DESC, [5, 3, 2, 0]), (LEFT_ASC, [0, 5, 4, 1])])
def test_one_resource_of_ten(key: int, expected: list[int]) -> None:
    """C = 10, demands (6, 5, 4, 1), R_quantum = 1.

    RAP: a unit each, then 1, 1, 1 to the three that want more, twice. RRP-desc goes by what is left, the lowest slot first among equals:
    left (6, 5, 4, 1): slot 0; (5, 5, 4, 1): 0; (4, 5, 4, 1): 1; (4, 4, 4, 1): 0; (3, 4, 4, 1): 1; 2; (3, 3, 3, 1): 0, 1, 2; (2, 2, 2, 1):
    0, the tenth. RRP-asc: 1 to slot 3, then 4 to slot 2, then 5 to slot 1.
    """
    assert looped(one_device(10, [6, 5, 4, 1]), key) == expected
    assert looped(one_device(10, [6, 5, 4, 1]), key, parts=10) == expected


def test_max_min_as_others_have_it() -> None:
    """Capacity 4,000. (3,000, 1,500): 1,500 is below half, the rest is the other's. (6,000, 5,000): half each."""
    assert filled(4000, [3000, 1500]) == [2500, 1500]
    assert filled(4000, [6000, 5000]) == [2000, 2000]
    assert filled(10, [6, 5, 4, 1]) == [3, 3, 3, 1]


def test_the_remainder_goes_by_share_and_then_by_slot() -> None:
    assert filled(11, [9, 9, 9]) == [4, 4, 3]
    # Weights 2, 1, 1 of 10: 5, 2.5, 2.5; units come at shares / weight (0, .5, 1, 1.5, 2 | 0, 1, 2 | 0, 1, 2): the tenth is slot 0's at 2.
    assert filled(10, [9, 9, 9], [2, 1, 1]) == [5, 3, 2]
    assert filled(8, [1, 9, 9], [5, 1, 1]) == [1, 4, 3]


def test_a_quantum_that_does_not_fit_stays() -> None:
    """Quanta of 4 of 10: one each, and 2 are left, less than a quantum; but an ask of 1 is a last quantum of 1."""
    f = one_device(10, [9, 9, 1])
    assert looped(f, SHARE, parts=3) == [4, 4, 1]
    assert f.free[CPU] == 1


def test_drf_of_two_users() -> None:
    """9 CPUs and 18 GB, tasks of (1, 4) and (3, 1): 3 and 2 tasks (Ghodsi et al. 2011, section 4.1).

    In units of a hundredth: dominant shares are equal at 2/3, that is 12 of 18 GB for the first and 6 of 9 CPUs for the second. Then no CPU
    is left, and 3 more units of memory go with no further whole unit of CPU.
    """
    f = make_filling([900, 1800, 1], 2)
    f.asks[0, CPU], f.asks[0, DISK] = 100 * 9, 400 * 9
    f.asks[1, CPU], f.asks[1, DISK] = 300 * 9, 100 * 9
    fill(f)
    assert f.grants[:, [CPU, DISK]].tolist() == [[300, 1203], [600, 200]]


def test_one_saturated_disk_leaves_the_other_alone() -> None:
    """Slots 0 and 1 share disk 1 and hold each other to half; slot 2 on disk 2 gets what it asks, though its share is larger."""
    f = make_filling([1000, 100, 100, 1], 3, num_disks=2)
    f.asks[:, CPU], f.asks[:, DISK] = [100, 100, 100], [100, 100, 90]
    f.places[2, DISK] = 2
    fill(f)
    assert f.grants[:, [CPU, DISK]].tolist() == [[50, 50], [50, 50], [100, 90]]


def test_caps_hold_each_on_its_own() -> None:
    """Slot 0 may have 30 of 60 CPU and 10 of 40 disk: a quarter of both. What slot 1 leaves is nobody's."""
    f = make_filling([100, 50, 1], 2)
    f.asks[:, CPU], f.asks[:, DISK] = [60, 20], [40, 0]
    hold_to(f, np.array([[30, 10, 0], [70, 40, 1]]))
    assert f.grants[:, [CPU, DISK]].tolist() == [[15, 10], [20, 0]]
    assert f.free[[CPU, DISK]].tolist() == [65, 40]


def test_the_largest_numbers_stay_within_64_bits() -> None:
    f = one_device(LARGEST, [LARGEST] * 3, [2**20, 2**20, 1])
    fill(f)
    assert f.grants[:, CPU].sum() == LARGEST
    assert abs(f.grants[0, CPU] - f.grants[1, CPU]) <= 2**20
    assert 0 < f.grants[2, CPU] < LARGEST / 2**19


# --- properties -------------------------------------------------------------------------------------------------------------------------


@st.composite
def fillings(draw: Any, least_weight: int = 1, most_weight: int = 5, most_ask: int = 40) -> Filling:
    """Small fillings, on which ties and remainders happen all the time."""
    num_disks = draw(st.integers(1, 2))
    capacity = draw(st.lists(st.integers(1, 30), min_size=2 + num_disks, max_size=2 + num_disks))
    n = draw(st.integers(1, 6))
    f = make_filling(capacity, n, num_disks)
    f.asks[:] = draw(st.lists(st.lists(st.integers(0, most_ask), min_size=3, max_size=3), min_size=n, max_size=n))
    f.places[:, DISK] = draw(st.lists(st.integers(1, num_disks), min_size=n, max_size=n))
    f.weights[:] = draw(st.lists(st.integers(least_weight, most_weight), min_size=n, max_size=n))
    return f


def used(f: Filling) -> list[int]:
    amounts = [0] * len(f.capacity)
    for i in range(len(f.asks)):
        for u in range(NUM_USES):
            amounts[f.places[i, u]] += int(f.grants[i, u])
    return amounts


@given(fillings())
@settings(max_examples=300, deadline=None)
def test_the_filling_is_the_loop_with_the_smallest_quantum(f: Filling) -> None:
    fill(f)
    grants = f.grants.copy()
    loop(f, SHARE, 0)
    assert grants.tolist() == f.grants.tolist()


@given(fillings(), st.sampled_from([SHARE, LEFT_DESC, LEFT_ASC]), st.integers(0, 8))
@settings(max_examples=100, deadline=None)
def test_nobody_has_more_than_there_is_or_than_was_asked(f: Filling, key: int, parts: int) -> None:
    for give_out in (fill, lambda f: loop(f, key, parts)):
        give_out(f)
        assert (f.grants >= 0).all()
        assert (f.grants <= f.asks).all()
        assert [a + b for a, b in zip(used(f), f.free.tolist(), strict=True)] == f.capacity.tolist()
        assert (f.free >= 0).all()


@given(fillings(), st.sampled_from([SHARE, LEFT_DESC, LEFT_ASC]))
@settings(max_examples=100, deadline=None)
def test_nothing_is_left_that_somebody_could_use(f: Filling, key: int) -> None:
    """Pareto: whoever is unmet finds that one more unit of his dominant device, with what goes with it, does not fit."""
    for give_out in (fill, lambda f: loop(f, key, 0)):
        give_out(f)
        for i in range(len(f.asks)):
            d = dominant(f, i)
            if f.grants[i, d] < f.asks[i, d]:
                assert not more_fits(f, i, d, int(f.grants[i, d]) + 1)


@given(fillings())
@settings(max_examples=100, deadline=None)
def test_one_device_is_max_min_fair(f: Filling) -> None:
    """Whoever is unmet has no less, for his weight, than anybody else had before his last unit."""
    f.asks[:, 1:] = 0
    fill(f)
    have, want, weight = f.grants[:, CPU].tolist(), f.asks[:, CPU].tolist(), f.weights.tolist()
    for i in range(len(have)):
        if have[i] < want[i]:
            for j in range(len(have)):
                assert (have[j] - 1) * weight[i] <= have[i] * weight[j]


@given(fillings(), st.integers(0, 5))
@settings(max_examples=100, deadline=None)
def test_asking_for_more_gets_nobody_less_on_one_device(f: Filling, k: int) -> None:
    """Strategy-proofness on one device: a larger ask does not cost, a smaller one does not gain."""
    f.asks[:, 1:] = 0
    fill(f)
    i, before = k % len(f.asks), f.grants.copy()
    f.asks[i, CPU] += 3
    fill(f)
    assert f.grants[i, CPU] >= before[i, CPU]
    assert min(int(f.grants[i, CPU]), int(f.asks[i, CPU]) - 3) <= before[i, CPU] + 1


def test_compiled_equals_interpreted() -> None:
    rng = np.random.default_rng(3)
    fast, fast_loop = compiled(fill), compiled(loop)
    for _ in range(200):
        n = int(rng.integers(1, 12))
        f = make_filling(rng.integers(1, 10 ** rng.integers(1, 10), 4).tolist(), n, num_disks=2)
        f.asks[:] = rng.integers(0, 10 ** rng.integers(1, 10), (n, 3))
        f.places[:, DISK] = rng.integers(1, 3, n)
        f.weights[:] = rng.integers(1, 10 ** rng.integers(1, 6), n)
        results = []
        for give_out in (fill, fast):
            give_out(f)
            results.append(f.grants.tolist())
        for give_out in (loop, fast_loop):
            give_out(f, LEFT_DESC, 7)
            results.append(f.grants.tolist())
        assert results[0] == results[1]
        assert results[2] == results[3]
