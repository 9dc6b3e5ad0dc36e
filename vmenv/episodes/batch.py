"""Episodes of a scenario that are decided from outside: the one batch under all environments of a kind, and under evaluation."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from vmenv.checks import check_integer
from vmenv.episodes.alone import Alone, alone
from vmenv.episodes.exchange import BEGIN, GOING, NOT_BEGUN, PASS, TERMINATED, TRUNCATED, allocate_exchange
from vmenv.episodes.scenario import Scenario, resolve_scenario
from vmenv.errors import ActionError, SpecError
from vmenv.host.state import Floats, Ints
from vmenv.jit.mode import mode, soon


class Episodes(ABC):
    """B runs of one scenario. `Episodes(scenario, B)` is a batch of the scenario's kind of decision.

    Args:
        scenario: What is played: a scenario, or the name of one.
        num_runs: B.
        num_kept: Training episodes that are kept once drawn, so that later resets to them cost nothing.

    Attributes:
        scenario: What is played.
        seeds: (B,) the seeds of the current episodes.
        observations: A named tuple, the buffers of the current decisions; the next step or restart writes over them.
        most_kept: How many episodes an environment keeps at the most: a bound on memory.
    """

    most_kept: ClassVar[int] = 1_024
    observations: Any

    def __new__(cls, scenario: str | Scenario | None = None, *args: Any, **options: Any) -> Episodes:
        """Makes a batch of the scenario's kind; one that is copied or unpickled comes without a scenario, and knows its class."""
        return super().__new__(resolve_scenario(scenario, {}).kind.episodes if cls is Episodes else cls)  # type: ignore[arg-type]  # None is refused

    def __init__(self, scenario: str | Scenario, num_runs: int, *, num_kept: int = 0) -> None:
        self.scenario: Any = resolve_scenario(scenario, {})
        self.seeds = np.full(check_integer("number of runs", num_runs, least=1, most=2**24), -1, np.int64)

    @property
    def num_runs(self) -> int:
        """B."""
        return len(self.seeds)

    @property
    @abstractmethod
    def observation_space(self) -> spaces.Dict:
        """Of one environment."""

    @property
    @abstractmethod
    def action_space(self) -> spaces.Space[Any]:
        """Of one environment."""

    @property
    @abstractmethod
    def rewards(self) -> Floats:
        """(B,) of the last step. The next step writes over it, as over the next two."""

    @property
    @abstractmethod
    def phase(self) -> NDArray[np.int8]:
        """(B,) GOING, TERMINATED, TRUNCATED or NOT_BEGUN, as `vmenv.episodes.exchange` has them."""

    @property
    @abstractmethod
    def clock_us(self) -> Ints:
        """(B,) the time in each run."""

    @property
    def terminated(self) -> NDArray[np.bool_]:
        """(B,) whether all VMs of the run are done."""
        return self.phase == TERMINATED

    @property
    def truncated(self) -> NDArray[np.bool_]:
        """(B,) whether the run was cut at the horizon."""
        return self.phase == TRUNCATED

    @abstractmethod
    def restart(self, which: Sequence[int] | Ints, seeds: Sequence[int] | Ints) -> None:
        """Begins the episodes with these seeds in the runs `which`, and observes their first decisions."""

    @abstractmethod
    def step(self, actions: Any, begin: Ints | None = None, seeds: Sequence[int] | Ints = ()) -> None:
        """Carries out one action in every run that is going on.

        Args:
            actions: (B, ...) of `action_space`; where a run is over its action is not looked at.
            begin: Runs that are over and begin an episode instead.
            seeds: Of the episodes that begin.

        Raises:
            ActionError: An action is not allowed, or no run has begun; then nothing has been carried out anywhere.
        """

    @abstractmethod
    def run(self, r: int) -> Any:
        """Returns the outcome so far of run `r`, as if it ended here; the run itself goes on."""

    @abstractmethod
    def some_actions(self) -> Any:
        """Returns (B, ...) actions that are allowed now, and always the same ones: for checks and for timing."""

    def info(self) -> dict[str, NDArray[Any]]:
        """Returns what environments tell beside the observation, (B, ...) each, as copies."""
        return {"clock_us": self.clock_us.copy()}

    def broken_laws(self, r: int) -> list[str]:
        """Returns a line for each conservation law that run `r` violates as it stands; none if all hold."""
        return []

    def check_begun(self, r: int = 0) -> None:
        """Checks that run `r` has begun.

        Raises:
            ActionError: It has not.
        """
        if self.phase[r] == NOT_BEGUN:
            raise ActionError("no episode has begun: call reset() first")

    def check_any_begun(self) -> None:
        """Checks that there is a run that has begun.

        Raises:
            ActionError: There is none, so that a step would do nothing.
        """
        if (self.phase == NOT_BEGUN).all():
            raise ActionError("no episode has begun: call restart(runs, seeds) first, as in restart(range(64), range(64)) for 64 runs")


class Snapshot(NamedTuple):
    """How the runs of a batch stand, as `CompiledEpisodes.snapshot` returns it."""

    seeds: Ints
    arrays: list[NDArray[Any]]
    note: Any


# Code depends on types alone, which are the same for all scenarios of a kind and any number of runs; with two, it is waited for.
_COMPILES = "from vmenv.episodes.kinds import KINDS; kind = KINDS[{kind!r}]; kind.episodes(kind.default_scenario, 2)"


class CompiledEpisodes(Alone, Episodes):
    """Episodes whose turns are one function over the arrays of a batch, in either mode.

    A batch of one, as under a single environment, begins as plain Python if its machine code has to be compiled first.

    A subclass binds `_part_of_turn` in `_bind`, seats workloads in `_seat`, writes commands in `_command`, and explains in `_fail`.

    Args:
        scenario: See `Episodes`.
        num_runs: See `Episodes`.
        interpreted: Whether to run as plain Python.

    Attributes:
        least_part: Runs that are worth being handed over to another thread.
    """

    doing = "stepping the same environment or batch"
    least_part: ClassVar[int] = 32
    _part_of_turn: Callable[[int, int], int]  # carries out the commands of the runs from the first to one past the last

    _bound: ClassVar[tuple[str, ...]] = ("_part_of_turn",)  # what `_bind` makes: machine code with addresses, which no copy may share

    def __init__(self, scenario: str | Scenario, num_runs: int, *, interpreted: bool = False) -> None:
        super().__init__(scenario, num_runs)
        self.host = self.scenario.build_host()
        self._mode = soon(_COMPILES.format(kind=self.scenario.kind.name)) if num_runs == 1 and not interpreted else mode(interpreted)
        self._io = allocate_exchange(num_runs)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name not in self._bound}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._bind()

    def __copy__(self) -> CompiledEpisodes:
        """Returns a deep copy: one that shares its arrays would move when this one does."""
        return copy.deepcopy(self)

    def snapshot(self) -> Snapshot:
        """Returns how all runs stand, for `restore`.

        What would follow an action, `vmenv.Episodes` can be asked by a step and a way back::

            before = episodes.snapshot()
            episodes.step(actions)
            rewards = episodes.rewards.copy()
            episodes.restore(before)
        """
        arrays = [array.copy() for array in self._moving()]
        return Snapshot(self.seeds.copy(), arrays, self._note())

    @alone
    def restore(self, snapshot: Snapshot) -> None:
        """Puts all runs back to where they stood; what follows is what would have followed then. A snapshot may be used again.

        Raises:
            SpecError: It is of another batch.
        """
        moving = self._moving()
        if len(snapshot.seeds) != self.num_runs or len(snapshot.arrays) != len(moving):
            raise SpecError(f"the snapshot is one of {len(snapshot.seeds)} runs: give one of this batch of {self.num_runs}")
        for array, before in zip(moving, snapshot.arrays, strict=True):
            array[tuple(slice(length) for length in before.shape)] = before  # tables may be longer by now
        self.seeds[:] = snapshot.seeds
        self._take_note(snapshot.note)

    def saved_state(self) -> dict[str, NDArray[Any]]:
        """Returns how all runs stand as arrays by name, which a file can hold; `load_state` goes on from there in another process."""
        return {"seeds": self.seeds.copy(), **{name: array.copy() for name, array in self._state().items()}}

    def load_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Puts all runs to where those of `saved_state` stood; what follows is what would have followed there.

        Raises:
            SpecError: It is the state of another batch.
        """
        names = {"seeds", *self._state()}
        if set(state) != names or len(state["seeds"]) != self.num_runs:
            raise SpecError(f"the state is not that of {self.num_runs} runs of this version: give one that saved_state() returned")
        begun = np.flatnonzero(state["seeds"] >= 0)
        if self._seat(begun, state["seeds"][begun]):  # what an episode is, its seed says
            self._bind()
        self.seeds[:] = state["seeds"]
        for name, array in self._state().items():
            both = tuple(
                slice(min(lengths)) for lengths in zip(array.shape, state[name].shape, strict=True)
            )  # tables are as long as need be
            array[both] = state[name][both]

    @property
    def rewards(self) -> Floats:
        """(B,) of the last step."""
        return self._io.rewards

    @property
    def phase(self) -> NDArray[np.int8]:
        """(B,) GOING, TERMINATED, TRUNCATED or NOT_BEGUN."""
        return self._io.phase

    @property
    def clock_us(self) -> Ints:
        """(B,) the time in each run."""
        return self._io.clock_us

    @alone
    def restart(self, which: Sequence[int] | Ints, seeds: Sequence[int] | Ints) -> None:
        """See `Episodes.restart`."""
        self._io.commands[:] = PASS
        self._command_begin(which, seeds)
        self._turn()

    @alone
    def step(self, actions: Any, begin: Ints | None = None, seeds: Sequence[int] | Ints = ()) -> None:
        """See `Episodes.step`."""
        if self._io.phase.item(0) == NOT_BEGUN and (begin is None or len(begin) == 0):
            self.check_any_begun()
        self._command(actions)
        if begin is not None:
            self._command_begin(begin, seeds)
        self._turn()

    def _command_begin(self, which: Sequence[int] | Ints, seeds: Sequence[int] | Ints) -> None:
        runs, chosen = np.asarray(which, np.int64), np.asarray(seeds, np.int64)
        if len(runs) != len(chosen):
            raise SpecError(f"{len(chosen)} seeds are given for {len(runs)} runs: give one each")
        if self._seat(runs, chosen):
            self._bind()
        self._io.commands[runs], self.seeds[runs] = BEGIN, chosen

    def _turn(self) -> None:
        """Carries out the commands."""
        self._mode.divide(self._part_of_turn, self.num_runs, self.least_part)
        if self._io.failed.item(0):
            self._check_failed()

    def _check_failed(self) -> None:
        self._fail()
        self._io.failed[0] = 0  # the runs that failed have begun anew

    @abstractmethod
    def _bind(self) -> None:
        """Binds the turn to the arrays as they are now."""

    @abstractmethod
    def _moving(self) -> list[NDArray[Any]]:
        """Returns all arrays that a turn or the beginning of an episode may write to, always in the same order."""

    @abstractmethod
    def _state(self) -> dict[str, NDArray[Any]]:
        """Returns by name the arrays of `_moving` that do not follow from the seeds of the episodes."""

    def _by_name(self, runs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Returns these arrays of the runs beside those of the exchange and the observations; some have the same names."""
        groups = {"runs": runs, "exchange": self._io._asdict(), "observations": self.observations._asdict()}
        return {f"{group}.{name}": array for group, arrays in groups.items() for name, array in arrays.items()}

    def _note(self) -> Any:
        """Returns what else belongs to a snapshot."""

    def _take_note(self, note: Any) -> None:  # not every kind has something
        """Takes that back."""

    @abstractmethod
    def _seat(self, which: Ints, seeds: Ints) -> bool:
        """Lets the runs `which` play the episodes with these seeds; returns whether arrays have been replaced by longer ones."""

    @abstractmethod
    def _command(self, actions: Any) -> None:
        """Writes the commands that actions mean.

        Raises:
            ActionError: One is not allowed.
        """

    @abstractmethod
    def _fail(self) -> None:
        """Raises SimulationError if a run cannot go on as it stands now."""

    @property
    def going(self) -> NDArray[np.bool_]:
        """(B,) whether the episode goes on."""
        return self._io.phase == GOING
