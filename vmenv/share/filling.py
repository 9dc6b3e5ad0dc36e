"""The filling of an interval: how much of each device each VM gets, in exact integers. Two ways, which agree where they meet.

A VM *asks* for a rate on each of its three devices (CPU, its disk, its NIC) and uses them together: what it gets is one and the same part
of all three asks, as a VM that is granted in the dispatch model holds all its devices or none. Its *dominant* device is the one of which it
asks the largest part. It is filled in *quanta*, R_next = R_current + R_quantum, R_quantum counted on its dominant device; the other two
follow in proportion, rounded down; with the last quantum it has all that it asked for.

`loop` gives quanta one at a time to the VM with the least key, ties to the lowest slot, until nobody is unmet or nothing is left: a VM
whose next quantum does not fit is out, because free capacity never grows again. The keys are those of the project's third and fourth
scheduler: SHARE, the dominant share it has / its weight (RAP, which is dominant resource fairness); LEFT_DESC and LEFT_ASC, the dominant
requirement that is left, largest or smallest first (RRP).

`fill` is weighted max-min fairness (DRF): what `loop` gives by SHARE with quanta of one unit, found by bisection over the share. So the
remainder that no equal split can use has a rule: it goes by least share / weight, then by slot, a unit at a time.

Shares are compared as whole numbers, floor(SCALE x share / weight). Two that differ by less are equal: by at most weight / 2^31 of a
device, which is below one unit of it while capacity x weight < 2^31.

Source: Ghodsi et al. (2011), "Dominant resource fairness", NSDI; with limits on what is asked, Parkes, Procaccia and Shah (2015), "Beyond
dominant resource fairness", ACM TEAC 3(1). For one resource this is max-min fairness: Bertsekas and Gallager, "Data networks", 1992, 6.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vmenv.host.columns import DISK, FIRST_DISK, NET, NUM_USES
from vmenv.host.state import Ints
from vmenv.jit import jittable

SHARE, LEFT_DESC, LEFT_ASC = range(3)
SCALE = 2**31
MOST_WEIGHT = 2**20  # capacity x weight then stays within 51 bits
_OPEN, _MET, _BLOCKED = range(3)


class Filling(NamedTuple):
    """What is filled: S slots, D devices. Rates are in the device's unit, asks up to `vmenv.host.spec.LARGEST`."""

    asks: Ints  # (S, NUM_USES)
    places: Ints  # (S, NUM_USES): the device of each
    weights: Ints  # (S,), 1 to MOST_WEIGHT
    capacity: Ints  # (D,)
    grants: Ints  # (S, NUM_USES), written
    free: Ints  # (D,), written: what nobody got
    trial: Ints  # (D,), scratch
    lead: Ints  # (S,), scratch: which use is dominant
    quanta: Ints  # (S,), scratch: units of it that are granted
    status: Ints  # (S,), scratch


# --- one VM -----------------------------------------------------------------------------------------------------------------------------


@jittable
def dominant(f: Filling, i: int) -> int:
    """Returns which of its three uses slot `i` asks the largest part of; ties: the first."""
    best = 0
    for u in range(1, NUM_USES):
        if f.asks[i, u] * f.capacity[f.places[i, best]] > f.asks[i, best] * f.capacity[f.places[i, u]]:
            best = u
    return best


@jittable
def granted_by(f: Filling, i: int, u: int, d: int, units: int) -> int:
    """Returns what slot `i` has of use `u` with `units` of its dominant use `d`: in proportion, rounded down."""
    if units >= f.asks[i, d]:
        return int(f.asks[i, u])
    return int(f.asks[i, u] * units // f.asks[i, d])


@jittable
def key_of(f: Filling, i: int, d: int, units: int, key: int) -> int:
    """Returns the place of slot `i`, which has `units` of its dominant use `d`, in the order: smaller first."""
    capacity = f.capacity[f.places[i, d]]
    if key == SHARE:
        return int(units * SCALE // (capacity * f.weights[i]))
    left = int((f.asks[i, d] - units) * SCALE // capacity)
    return -left if key == LEFT_DESC else left


@jittable
def more_fits(f: Filling, i: int, d: int, units: int) -> bool:
    """Returns whether slot `i` can go on to `units` of its dominant use."""
    fits = True
    for u in range(NUM_USES):
        fits = fits and granted_by(f, i, u, d, units) - f.grants[i, u] <= f.free[f.places[i, u]]
    return bool(fits)


@jittable
def raise_to(f: Filling, i: int, d: int, units: int) -> None:
    """Gives slot `i` what goes with `units` of its dominant use."""
    for u in range(NUM_USES):
        granted = granted_by(f, i, u, d, units)
        f.free[f.places[i, u]] -= granted - f.grants[i, u]
        f.grants[i, u] = granted
    f.quanta[i] = units
    if units >= f.asks[i, d]:
        f.status[i] = _MET


# --- all of them ------------------------------------------------------------------------------------------------------------------------


@jittable
def empty(f: Filling) -> None:
    """Takes everything back."""
    for device in range(f.capacity.shape[0]):
        f.free[device] = f.capacity[device]
    for i in range(f.asks.shape[0]):
        asked = 0
        for u in range(NUM_USES):
            f.grants[i, u] = 0
            asked += f.asks[i, u]
        f.lead[i] = dominant(f, i)
        f.quanta[i] = 0
        f.status[i] = _OPEN if asked > 0 else _MET


@jittable
def pick(f: Filling, key: int) -> int:
    """Returns the slot that is open and has the least key, ties to the lowest; -1: none is open."""
    best, least = -1, 0
    for i in range(f.asks.shape[0]):
        if f.status[i] == _OPEN:
            own = key_of(f, i, f.lead[i], f.quanta[i], key)
            if best == -1 or own < least:
                best, least = i, own
    return best


@jittable
def give(f: Filling, i: int, quantum: int) -> None:
    """Gives slot `i` its next `quantum` units of its dominant use, or what it still asks for; if that does not fit, it is out."""
    d = f.lead[i]
    units = min(f.quanta[i] + quantum, f.asks[i, d])
    if more_fits(f, i, d, units):
        raise_to(f, i, d, units)
    else:
        f.status[i] = _BLOCKED


@jittable
def loop(f: Filling, key: int, parts: int) -> None:
    """The R_quantum loop.

    Args:
        f: What is filled; its weights count with the key SHARE only.
        key: SHARE, LEFT_DESC or LEFT_ASC.
        parts: R_quantum is the capacity of a VM's dominant device / this, rounded up; 0: one unit. What is left of a device and is less
            than a quantum stays.
    """
    empty(f)
    i = pick(f, key)
    while i != -1:
        capacity = f.capacity[f.places[i, f.lead[i]]]
        give(f, i, 1 if parts == 0 else -(-capacity // parts))
        i = pick(f, key)


# --- all at once ------------------------------------------------------------------------------------------------------------------------


@jittable
def units_below(f: Filling, i: int, d: int, level: int) -> int:
    """Returns how many units slot `i` has once it got all of those that come at shares below `level`, and no fewer than it has."""
    capacity, weight = f.capacity[f.places[i, d]], f.weights[i]
    units = capacity  # more it cannot have
    if level * weight < SCALE:
        units = -(-level * weight * capacity // SCALE)
    return int(max(f.quanta[i], min(units, f.asks[i, d])))


@jittable
def level_fits(f: Filling, level: int) -> bool:
    """Returns whether all open slots can have what comes at shares below `level`."""
    for device in range(f.capacity.shape[0]):
        f.trial[device] = f.free[device]
    for i in range(f.asks.shape[0]):
        if f.status[i] == _OPEN:
            d = f.lead[i]
            units = units_below(f, i, d, level)
            for u in range(NUM_USES):
                place = f.places[i, u]
                f.trial[place] -= granted_by(f, i, u, d, units) - f.grants[i, u]
                if f.trial[place] < 0:
                    return False
    return True


@jittable
def drop_blocked(f: Filling) -> bool:
    """Takes out every slot whose next unit does not fit, as it never will; returns whether one stays open."""
    stays = False
    for i in range(f.asks.shape[0]):
        if f.status[i] == _OPEN:
            d = f.lead[i]
            if more_fits(f, i, d, f.quanta[i] + 1):
                stays = True
            else:
                f.status[i] = _BLOCKED
    return stays


@jittable
def raise_as_far(f: Filling, i: int, d: int, target: int) -> None:
    """Gives slot `i` units up to `target`, or as many as fit."""
    low, high = f.quanta[i], target + 1
    if more_fits(f, i, d, target):
        low = target
    while high - low > 1:
        units = (low + high) // 2
        if more_fits(f, i, d, units):
            low = units
        else:
            high = units
    raise_to(f, i, d, low)


@jittable
def fill(f: Filling) -> None:
    """Weighted max-min: what `loop(f, SHARE, 0)` gives, in a number of steps that does not grow with the capacities."""
    empty(f)
    while drop_blocked(f):
        low, high = 0, SCALE + 1  # nothing comes at shares above SCALE
        if level_fits(f, high):
            low = high
        while high - low > 1:
            level = (low + high) // 2
            if level_fits(f, level):
                low = level
            else:
                high = level
        for i in range(f.asks.shape[0]):
            if f.status[i] == _OPEN:
                raise_to(f, i, f.lead[i], units_below(f, i, f.lead[i], low))
        # Those units that come at exactly this share do not all fit: they go slot by slot, as `pick` would have it.
        for i in range(f.asks.shape[0]):
            if f.status[i] == _OPEN:
                raise_as_far(f, i, f.lead[i], units_below(f, i, f.lead[i], low + 1))


@jittable
def hold_to(f: Filling, caps: Ints) -> None:
    """Gives every slot the largest part of its asks that keeps within its own caps, whatever the others do.

    Args:
        f: What is filled.
        caps: (S, NUM_USES); those on one device add up to its capacity at most.
    """
    empty(f)
    for i in range(f.asks.shape[0]):
        if f.status[i] == _OPEN:
            tight = -1
            for u in range(NUM_USES):
                if f.asks[i, u] > caps[i, u] and (tight == -1 or caps[i, u] * f.asks[i, tight] < caps[i, tight] * f.asks[i, u]):
                    tight = u
            for u in range(NUM_USES):
                granted = f.asks[i, u] if tight == -1 else f.asks[i, u] * caps[i, tight] // f.asks[i, tight]
                f.grants[i, u] = granted
                f.free[f.places[i, u]] -= granted


def make_filling(capacity: Sequence[int], num_slots: int, num_disks: int = 1) -> Filling:
    """Returns arrays in which nothing is asked; weights are 1, and all use the first disk and the first NIC."""
    places = np.zeros((num_slots, NUM_USES), np.int64)
    places[:, DISK], places[:, NET] = FIRST_DISK, FIRST_DISK + num_disks
    return Filling(
        asks=np.zeros((num_slots, NUM_USES), np.int64),
        places=places,
        weights=np.ones(num_slots, np.int64),
        capacity=np.array(capacity, np.int64),
        grants=np.zeros((num_slots, NUM_USES), np.int64),
        free=np.zeros(len(capacity), np.int64),
        trial=np.zeros(len(capacity), np.int64),
        lead=np.zeros(num_slots, np.int64),
        quanta=np.zeros(num_slots, np.int64),
        status=np.zeros(num_slots, np.int64),
    )
