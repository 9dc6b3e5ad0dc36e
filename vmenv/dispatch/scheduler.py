"""What a scheduler is: a frozen set of parameters and a key, found by name."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vmenv.dispatch.loop.draws import words_of
from vmenv.dispatch.loop.rollout import Key, Update, keep_no_memory
from vmenv.episodes.ranges import Range
from vmenv.errors import SpecError, suggestion
from vmenv.host.spec import check_commits
from vmenv.host.state import Floats, Ints, State
from vmenv.registry import Registry
from vmenv.workload.table import Workload

ORDER_FIELDS = ("backfill", "commit", "reservation")  # parameters of every scheduler, which say what comes of the order, and no key sees
HOLDING = ("commit", "reservation")  # those of them by which picks are held
INFORMATION_CLASSES = ("blind", "attained", "weights", "demands", "clairvoyant")


@dataclass(frozen=True, kw_only=True)
class Scheduler(ABC):
    """A list scheduler: the runnable VM with the least key that fits is granted next.

    To write one, subclass as a frozen dataclass whose fields are its parameters (numbers, or strings with `choices`), set the
    class variables, and write `key` in the subset of Python that numba compiles. `@SCHEDULERS.register("name")` makes it known.

    Args:
        backfill: Whether a VM may overtake one that does not fit. False: the first in the order blocks until it fits.
        commit: Whether a pick is held: the first of all that wait is picked, whether it fits or not, and nobody is granted before it,
            whatever arrives meanwhile; only once it is granted is the next one picked. Where nobody waits, who arrives is picked at once,
            of several at one instant the first in the order of arrival, and likewise where the scheduler would rather have all wait.
            `backfill` then says nothing. For hosts with preempt="none".
            So do RLScheduler (Zhang et al., SC 2020) and its kin decide.
        reservation: Whether, while a pick is held, others are granted in order of arrival that by their requested times (`estimate_us`)
            will be done before it can start, by those of what ran when it was picked (`vmenv.host.reserving`). With `commit` only.

    Attributes:
        information: What the key looks at beyond the queue: one of INFORMATION_CLASSES. The widest one counts.
        source: Where the rule comes from.
        choices: Allowed values of each parameter that is a string; the key sees its index.
        random: Whether the key draws, with `vmenv.dispatch.loop.draws.uniform`.
        waits_on_purpose: Whether it may wait although a VM fits, by keys of infinity.
        tunable: Parameters that tuning may change, with where to look.
        keeps_keys: Whether both parts of a VM's key stay the same from its admission or the end of a grant to its next grant, because it
            looks at nothing that moves meanwhile (the clock, waiting times, paging, other VMs). Then keys are computed once and kept.
        needs: Columns of the workload without which the rule says nothing, such as "estimate_us"; "contention" is its table. Where one was
            given to nobody, what is played is another rule, which leaderboards do not rank (`inputs_missing`).
    """

    information: ClassVar[str]
    source: ClassVar[str]
    choices: ClassVar[dict[str, tuple[str, ...]]] = {}
    random: ClassVar[bool] = False
    waits_on_purpose: ClassVar[bool] = False
    keeps_keys: ClassVar[bool] = False
    tunable: ClassVar[dict[str, Range]] = {}
    needs: ClassVar[tuple[str, ...]] = ()

    backfill: bool = True
    commit: bool = False
    reservation: bool = False

    def __post_init__(self) -> None:
        for name, allowed in self.choices.items():
            if getattr(self, name) not in allowed:
                raise SpecError(f"{type(self).__name__}.{name} is {getattr(self, name)!r}: {suggestion(str(getattr(self, name)), allowed)}")
        for name in ORDER_FIELDS:
            if not isinstance(getattr(self, name), (bool, np.bool_)):
                raise SpecError(f"{type(self).__name__}.{name} is {getattr(self, name)!r}: give True or False")
        check_commits("none", bool(self.commit), bool(self.reservation))  # the host is not known yet
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if (
                field.name not in self.choices
                and not isinstance(value, (tuple, Scheduler))  # what a subclass takes of them it checks by itself
                and (value is not None or field.default is not None)
                and not (isinstance(value, (bool, int, float, np.number)) and np.isfinite(value))
            ):
                raise SpecError(f"{type(self).__name__}.{field.name} is {value!r}: give a finite number")

    @staticmethod
    @abstractmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Returns the place of `vm` in the order, smaller first: a primary and a secondary number; ties by arrival number.

        Args:
            vm: A `vmenv.dispatch.loop.view.VmView`.
            host: A `vmenv.dispatch.loop.view.HostView`.
            params: The parameters in the order of the fields, without ORDER_FIELDS; then, if `random`, what `uniform` draws from.
        """

    @staticmethod
    def update(s: State, params: Floats) -> None:
        """Called before every pick: a scheduler with a memory brings `s.vm_memory` and `s.run_memory` up to date here."""
        keep_no_memory(s, params)

    def params(self, seed: int = 0) -> Floats:
        """Returns what the key gets as `params`, with what the random draws of `seed` follow from, which fixes them before the episode."""
        values = []
        for field in dataclasses.fields(self):
            if field.name not in ORDER_FIELDS:
                value = getattr(self, field.name)
                values.append(float(self.choices[field.name].index(value) if field.name in self.choices else value))
        return np.concatenate([np.array(values, np.float64), words_of(seed)]) if self.random else np.array(values, np.float64)

    def describe(self) -> dict[str, Any]:
        """Returns name and parameters as plain values; what holds picks only where it is on, so that who does not is told as before."""
        told = {"kind": SCHEDULERS.name_of(self), **dataclasses.asdict(self)}
        return {name: value for name, value in told.items() if name not in HOLDING or value}

    def holding(self) -> dict[str, bool]:
        """Returns the parameters by which picks are held that are on, for `describe`."""
        return {name: True for name in HOLDING if getattr(self, name)}


SCHEDULERS: Registry[type[Scheduler]] = Registry("scheduler", "vmenv.dispatch.schedulers", base=Scheduler)


def inputs_missing(scheduler: Scheduler, workload: Workload) -> tuple[str, ...]:
    """Returns which of the columns that a scheduler needs hold their default for all VMs of the workload: nobody was given one."""
    needs = dict.fromkeys((*scheduler.needs, *(("estimate_us",) if scheduler.reservation else ())))
    return tuple(name for name in needs if not _is_given(getattr(workload, name), 1 if name == "weight" else 0))


def _is_given(column: Ints | None, default: int) -> bool:
    return column is not None and bool(np.any(column != default))


def rule_of(scheduler: Scheduler) -> tuple[Key, Update, bool]:
    """Returns what `make_choose` takes: the key and the update as plain functions, and `keeps_keys`."""
    kind = type(scheduler)
    return kind.key, keep_no_memory if kind.update is Scheduler.update else kind.update, kind.keeps_keys
