"""The loop that every scheduler shares: order the runnable VMs by key, grant to the first that fits, repeat until nothing fits."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from vmenv.dispatch.loop.view import HostView, view_host, view_vm
from vmenv.host import columns as c
from vmenv.host.devices import one_of_each
from vmenv.host.dynamics import advance, close, commit_to, grant, grant_held, must_pick, note_wait
from vmenv.host.fitting import Room, anything_fits, fits, fits_in, num_blocks, room, slots_of, some_cpu_is_free, something_fits_in
from vmenv.host.state import Floats, Ints, Runs, State, one, reset
from vmenv.jit import jittable, lend, monotonic_ns, name_apart, pinned, signed

MANY_SLOTS = 1024  # from which on it pays to keep who comes first in each block of them
# What happens when the first in the order does not fit.
BLOCKS = 0  # nobody is granted until it does, unless somebody comes before it
OVERTAKES = 1  # the first that fits is granted
COMMITS = 2  # the host is committed to it, so that nobody is granted before it, whoever comes
RESERVES = 3  # likewise, but for those that will be done before it can start

TURNS = 128  # between two looks at the clock, which cost less than a thousandth then
Key = Callable[..., tuple[float, float]]
Update = Callable[[State, Floats], None]
Choose = Callable[[State, Floats, int], int]


@jittable
def keep_no_memory(s: State, params: Floats) -> None:
    """The `update` of a scheduler that looks at nothing but the VM and the host as they are."""


@functools.cache
def make_choose(key: Key, update: Update = keep_no_memory, keeps_keys: bool = False, many: bool = False) -> Choose:
    """Returns the function that picks the slot to grant: the least key, ties by arrival number.

    The pick is NOBODY when nothing fits, when all that fit have the key infinity, or when the first blocks and does not fit. Where the host
    is to be committed it is the first of all that wait, whether it fits or not; where nobody waited, who comes is picked at once, so that
    of those who come at one instant it is the first to come.

    Args:
        key: See `Scheduler.key`.
        update: See `Scheduler.update`.
        keeps_keys: See `Scheduler.keeps_keys`.
        many: Whether there are so many slots that it pays to keep who comes first among some of them. The pick is the same.
    """

    def scan(s: State, host: HostView, params: Floats, fitting: bool) -> int:
        """Returns the first runnable slot, or the first that fits, by computing every key."""
        best, best_primary, best_secondary, free = c.NOBODY, np.inf, np.inf, room(s)
        for block in range(num_blocks(s)):
            if not fitting or something_fits_in(s, block, free):
                for i in slots_of(s, block):
                    if fits_in(s, i, free) if fitting else s.front[i, c.STATUS] == c.RUNNABLE:
                        primary, secondary = key(pinned(view_vm(s, i)), host, params)
                        if primary < np.inf and comes_before(s, i, primary, secondary, best, best_primary, best_secondary):
                            best, best_primary, best_secondary = signed(i), primary, secondary
        return best

    def look_up(s: State, host: HostView, params: Floats, fitting: bool) -> int:
        """Returns the same from kept keys. Blocks whose least key is no better than what was found are passed over."""
        least, first, past, free = c.NO_KEY, 0, 0, room(s)
        for block in range(num_blocks(s)):
            if s.least_keys[block] == c.UNKNOWN_KEY:
                know_keys(s, block, host, params)
            if s.least_keys[block] <= least and s.least_keys[block] < c.NO_KEY:
                found = s.least_keys[block]
                if fitting:  # most blocks have nobody who fits, which is told in half the time
                    found = least_key_that_fits(s, block, free) if something_fits_in(s, block, free) else c.NO_KEY
                if found < least:
                    least, first = found, block
                if found == least:
                    past = block + 1
        best, best_secondary = c.NOBODY, np.inf
        for block in range(first, past if least < c.NO_KEY else first):
            if s.least_keys[block] <= least:
                for i in slots_of(s, block):
                    if s.keys[i] == least and (not fitting or fits_in(s, i, free)):
                        secondary = key(pinned(view_vm(s, i)), host, params)[1]
                        if comes_before(s, i, 0.0, secondary, best, 0.0, best_secondary):
                            best, best_secondary = signed(i), secondary
        return best

    def look_up_many(s: State, host: HostView, params: Floats, fitting: bool) -> int:
        """Returns the same from who comes first in each block and group of blocks, of which little changes between two decisions.

        Where even the first does not come before what was found, nobody else need be looked at.
        """
        best, blocks, free = c.NOBODY, num_blocks(s), room(s)
        for group in range((blocks + c.BLOCK - 1) // c.BLOCK):
            inside = range(group * c.BLOCK, min((group + 1) * c.BLOCK, blocks))
            if s.group_first[group] == c.UNKNOWN_SLOT:
                found = c.NOBODY
                for block in inside:
                    if s.block_first[block] == c.UNKNOWN_SLOT:
                        s.block_first[block] = first_in(s, block, host, params)
                    found = first_of_two(s, found, s.block_first[block], host, params)
                s.group_first[group] = found
            if not fitting:
                best = first_of_two(s, best, s.group_first[group], host, params)
            elif first_of_two(s, best, s.group_first[group], host, params) != best:
                for block in inside:
                    if first_of_two(s, best, s.block_first[block], host, params) != best and something_fits_in(s, block, free):
                        least = least_key_that_fits(s, block, free)
                        if least < c.NO_KEY and (best == c.NOBODY or least <= s.keys[best]):
                            for i in slots_of(s, block):
                                if s.keys[i] == least and fits_in(s, i, free):
                                    best = first_of_two(s, best, signed(i), host, params)
        return best

    def first_in(s: State, block: int, host: HostView, params: Floats) -> int:
        """Returns the first runnable slot of a block."""
        if s.least_keys[block] == c.UNKNOWN_KEY:
            know_keys(s, block, host, params)
        best = c.NOBODY
        if s.least_keys[block] < c.NO_KEY:
            for i in slots_of(s, block):
                if s.keys[i] == s.least_keys[block]:
                    best = first_of_two(s, best, signed(i), host, params)
        return best

    def first_of_two(s: State, i: int, j: int, host: HostView, params: Floats) -> int:
        """Returns which of two slots comes first by kept keys; either may be NOBODY."""
        if i == c.NOBODY or j == c.NOBODY:
            return j if i == c.NOBODY else i
        if s.keys[i] != s.keys[j]:
            return i if s.keys[i] < s.keys[j] else j
        one, other = key(pinned(view_vm(s, i)), host, params)[1], key(pinned(view_vm(s, j)), host, params)[1]
        return i if comes_before(s, i, 0.0, one, j, 0.0, other) else j

    def know_keys(s: State, block: int, host: HostView, params: Floats) -> None:
        """Computes the keys of the block's VMs that have become runnable, and finds the least of all its keys."""
        least = c.NO_KEY
        for i in slots_of(s, block):
            if s.keys[i] == c.UNKNOWN_KEY:
                s.keys[i] = order_of(key(pinned(view_vm(s, i)), host, params)[0])
            least = min(least, s.keys[i])
        s.least_keys[block] = least

    find = (look_up_many if many else look_up) if keeps_keys else scan

    def choose(s: State, params: Floats, rule: int) -> int:
        update(s, params)
        if rule >= COMMITS and s.run[c.WAITED_US] != s.run[c.CLOCK_US]:
            return first_to_come(s)
        best = find(s, pinned(view_host(s)), params, rule == OVERTAKES)
        if rule >= COMMITS and best == c.NOBODY:  # who would rather wait may not: the host commits as long as somebody waits
            return first_to_come(s)
        return best if rule != BLOCKS or best == c.NOBODY or fits(s, best) else c.NOBODY

    for function in (scan, look_up, look_up_many, first_in, first_of_two, know_keys, choose):
        name_apart(function, f"{key.__module__}.{key.__qualname__}.{keeps_keys}.{many}")
        jittable(function)
    return choose


@jittable
def first_to_come(s: State) -> int:
    """Returns the runnable slot with the lowest arrival number, NOBODY if there is none."""
    first = c.NOBODY
    for i in range(s.run[c.TOP_SLOT]):
        if s.front[i, c.STATUS] == c.RUNNABLE and (first == c.NOBODY or s.slots[i, c.VM] < s.slots[first, c.VM]):
            first = signed(i)
    return int(first)


@jittable
def comes_before(s: State, i: int, primary: float, secondary: float, j: int, other_primary: float, other_secondary: float) -> bool:
    """Returns whether slot `i` comes before slot `j`, which may be NOBODY, by key and then by arrival number."""
    if j == c.NOBODY or primary != other_primary:
        return bool(j == c.NOBODY or primary < other_primary)
    if secondary != other_secondary:
        return bool(secondary < other_secondary)
    return bool(s.slots[i, c.VM] < s.slots[j, c.VM])


@jittable
def order_of(key: float) -> int:
    """Returns an integer that is in the same order: vector instructions find the least of integers, but not of floats, which may be NaN."""
    if key == np.inf:
        return c.NO_KEY
    bits = np.float64(key + 0.0).view(np.int64)  # + 0.0: there is a -0.0
    return int(bits ^ ((bits >> 63) & c.NO_KEY))


@jittable
def least_key_that_fits(s: State, block: int, free: Room) -> int:
    """Returns the least kept key of those VMs of the block that fit; NO_KEY if there is none."""
    keys, least = s.keys, c.NO_KEY
    if not one_of_each(s):
        for i in slots_of(s, block):
            least = min(least, keys[i] if fits(s, i) else c.NO_KEY)
    else:
        cpu, memory, disk, net = s.waiting[c.CPU], s.waiting[c.MEMORY], s.waiting[c.DISK], s.waiting[c.NET]
        for i in slots_of(s, block):
            fit = (cpu[i] <= free.cpu) & (memory[i] <= free.memory) & (disk[i] <= free.disk) & (net[i] <= free.net)
            least = min(least, keys[i] if fit else c.NO_KEY)
    return int(least)


@jittable
def is_asked(s: State, rule: int, sure: bool) -> bool:
    """Returns whether there is something to decide for a scheduler."""
    if rule >= COMMITS:
        return must_pick(s)
    return some_cpu_is_free(s) and (sure or anything_fits(s))


@jittable
def carry_out(s: State, i: int, rule: int) -> None:
    """Does what a scheduler has picked: commits the host to slot `i`, or grants it."""
    if rule >= COMMITS:
        commit_to(s, i, rule == RESERVES)
    else:
        grant(s, i)


@jittable
def go_on(s: State, lent: Any, choose: Any, params: Floats, rule: int, sure: bool, turns: int) -> bool:
    """Plays a run under one scheduler, for so many decisions and passages of time at the most; returns whether it is still going on.

    `lent`: the state as `choose` takes it. `rule`: BLOCKS, OVERTAKES, COMMITS or RESERVES. `sure`: that it picks nobody says that nothing
    fits, so that nobody else need look.
    """
    for _ in range(turns):
        if s.run[c.STATE] != c.GOING:
            break
        if is_asked(s, rule, sure):
            i = choose(lent, params, rule)
            if i != c.NOBODY:
                carry_out(s, i, rule)
                continue
            if not sure:  # on purpose: the scheduler lets nobody past the first, or wants none of those that fit
                note_wait(s)
        elif rule >= COMMITS and grant_held(s):
            continue
        advance(s)
    if s.run[c.STATE] == c.GOING:
        return True
    close(s)
    return False


def rollouts(
    runs: Runs,
    first: int,
    past: int,
    choose: Any,
    params: Floats,
    rule: int,
    sure: bool,
    begins: bool,
    most_decisions: int,
    until_ns: int,
) -> None:
    """Plays the runs from `first` to `past` of the batch to their ends, or as far as the time allows.

    Args:
        runs: The runs.
        first: The first of them.
        past: One past the last.
        choose: See `make_choose`; it borrows the state.
        params: (B, n) the scheduler's parameters.
        rule: See `go_on`.
        sure: See `go_on`.
        begins: Whether they are to begin; otherwise those go on that are not over.
        most_decisions: A run that has made more is left alone.
        until_ns: When to stop, by `monotonic_ns`: whoever called sees to signals, and lets the rest go on.
    """
    late = False
    for r in range(first, past):
        s = pinned(one(runs, r))
        if begins:
            reset(s, runs.num_vms[runs.table[r]])
        elif s.run[c.STATE] != c.GOING:
            continue
        lent = lend(s)
        while go_on(s, lent, choose, params[r], rule, sure, 0 if late else TURNS):
            late = late or monotonic_ns() >= until_ns
            if late or s.run[c.NUM_DECISIONS] > most_decisions:
                break


def advise(runs: Runs, picks: Ints, first: int, past: int, choose: Any, params: Floats, rule: int) -> None:
    """Writes what the scheduler would decide now in the runs from `first` to `past` that are going on.

    Args:
        runs: The runs; nothing moves but the scheduler's own memory.
        picks: (B,), written: a slot, or the number of slots for "wait"; a run with a negative number is left alone.
        first: The first run.
        past: One past the last.
        choose: See `make_choose`; without kept keys, which are those of one scheduler.
        params: (B, n) the scheduler's parameters.
        rule: See `go_on`.
    """
    for r in range(first, past):
        if picks[r] >= 0:
            i = choose(lend(pinned(one(runs, r))), params[r], rule)
            picks[r] = runs.slots.shape[1] if i == c.NOBODY else i
