"""What a scenario is: a frozen set of parameters that says host, workload and objective of an episode, found by name."""

from __future__ import annotations

import dataclasses
import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vmenv.checks import check_integer
from vmenv.episodes.drawing import draw_interpreted
from vmenv.episodes.kinds import KINDS, Kind, kinds
from vmenv.episodes.seeds import check_seed
from vmenv.errors import SpecError, UnknownNameError, suggestion
from vmenv.host.spec import Host
from vmenv.registry import Registry
from vmenv.workload.drawing import Draw
from vmenv.workload.lines import Progress
from vmenv.workload.table import Workload

DRAWING = (
    "draw",
    "draw_workload",
    "episode",
    "check",
    "limits",
)  # what says which episodes there are: of these the one in the last subclass


TAGS = CONTROL, CORE, REAL = "control", "core", "real"


@dataclass(frozen=True, kw_only=True)
class Scenario(ABC):
    """A family of episodes: the seed chooses one. Each kind of decision has a subclass of its own, from which its scenarios descend.

    Args:
        objective: What is minimised, one of `objectives`.
        num_slots: VMs present at a time at the most.
        horizon_us: When an episode is cut; None: when all its VMs are done.

    Attributes:
        summary: What it is, in a line.
        kind_name: Name of the kind of decision; the kind's own subclass sets it, as it does the next two.
        objectives: Metrics that can be minimised.
        stream: Keeps the arrivals apart from every other use of the same seed.
        tags: What it is for: "control" (the optimum is known), "core" (what policies are compared on), "real" (real work or its like).
        from_python_only: Whether its parameters are objects, which no command line can give.
        draw: A function that is compiled and writes the workload into columns, `draw(rng, numbers(), columns)`; None, the default:
            `draw_workload` says it in Python. See `vmenv.workload.drawing`.
    """

    summary: ClassVar[str]
    kind_name: ClassVar[str]
    objectives: ClassVar[Sequence[str]]
    stream: ClassVar[tuple[int, ...]]
    tags: ClassVar[tuple[str, ...]] = ()
    from_python_only: ClassVar[bool] = False
    draw: ClassVar[Draw | None] = None

    objective: str
    num_slots: int = 16
    horizon_us: int | None = None

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.type == "float" and (isinstance(value, bool) or not isinstance(value, (int, float, np.number))):
                raise SpecError(f"{field.name} is {value!r}: give a number")
        if self.objective not in self.objectives:
            raise SpecError(f"objective is {self.objective!r}: {suggestion(str(self.objective), self.objectives)}")
        check_integer("num_slots", self.num_slots, least=1, most=2**20)
        if self.horizon_us is not None:
            check_integer("horizon_us", self.horizon_us, least=1, most=2**53)

    @property
    def kind(self) -> Kind:
        """The kind of decision that it is about."""
        return KINDS[self.kind_name]

    @abstractmethod
    def build_host(self) -> Host:
        """Returns the host, the same in every episode."""

    def draw_workload(self, rng: np.random.Generator, seed: int) -> Workload:
        """Returns the workload of an episode; all its randomness comes from `rng`. The simple way to say what is drawn, in plain numpy.

        Args:
            rng: Source of randomness, fixed by the seed.
            seed: What kind of episode it is: evaluation, validation or training, for scenarios that keep them apart.
        """
        if type(self).draw is None:
            raise SpecError(f"{type(self).__name__} does not say what it draws: write draw_workload(self, rng, seed)")
        return draw_interpreted(self, rng)

    def numbers(self) -> Any:
        """Returns what `draw` needs to know of the parameters: a named tuple of numbers, arrays, and tuples of them."""
        raise SpecError(f"{type(self).__name__} has a draw and no numbers: write numbers(self), which returns a named tuple")

    @property
    def draws_compiled(self) -> bool:
        """Whether compiled code can draw its episodes: there is one, and no subclass has written something else over it."""
        owner = next(base for base in type(self).__mro__ if any(name in vars(base) for name in DRAWING))
        return type(self).draw is not None and "draw" in vars(owner) and len(self.stream) == 2

    def prepare(self, progress: Progress | None = None) -> None:  # noqa: B027  # most have nothing to do
        """Does what takes long before the first episode, such as reading files. Without it, the first episode does it.

        Args:
            progress: A function (done_bytes, total_bytes) that is called meanwhile.

        Raises:
            TraceError: A file cannot be read.
        """

    @functools.cached_property
    def _host(self) -> Host:
        return self.build_host()

    def episode(self, seed: int) -> Workload:
        """Returns the workload of the episode with this seed: the same for every policy, machine and batch size."""
        workload = self.draw_workload(np.random.default_rng(np.random.SeedSequence([check_seed(seed), *self.stream])), seed)
        self.check(workload)
        return workload

    def check(self, workload: Workload) -> None:  # noqa: B027  # not every kind of decision asks for anything
        """Checks that the host can play a workload, as far as the kind of decision asks for it.

        Raises:
            SpecError: It cannot.
        """

    def describe(self) -> dict[str, Any]:
        """Returns name and parameters as plain values."""
        return {"kind": self.kind.scenarios.name_of(self), **dataclasses.asdict(self)}


class Scenarios(Registry[type[Scenario]]):
    """The scenarios of a kind; each is a Gymnasium environment too.

    Args:
        kind: The kind.
        base: Its subclass of `Scenario`.
    """

    def __init__(self, kind: Kind, base: type[Any]) -> None:
        packages = (kind.scenario_package,) if kind.scenario_package else ()
        super().__init__("scenario", *packages, base=base)
        self._kind = kind

    def register(self, name: str) -> Callable[[type[Scenario]], type[Scenario]]:
        """Returns a decorator that enters a scenario under `name`."""
        enter = super().register(name)

        def enter_and_name(entry: type[Scenario]) -> type[Scenario]:
            package, _, file = entry.__module__.rpartition(".")
            if package == self._kind.scenario_package and name != f"{self._kind.scenario_prefix}{file}":
                raise SpecError(
                    f"scenario {name!r} stands in {file}.py: its environment is found by the name of the file, "
                    f"so register it as {self._kind.scenario_prefix}{file!s}, or rename the file"
                )
            self._kind.add_environment(name)
            return enter(entry)

        return enter_and_name


def scenario_class(name: str) -> type[Scenario]:
    """Returns the scenario of this name, whatever is decided in it.

    Raises:
        UnknownNameError: None has this name.
    """
    for kind in kinds():
        if ":" not in str(name) and name in kind.scenarios:
            return kind.scenarios[name]
    if ":" in str(name):
        return Registry("scenario", base=Scenario)[name]
    raise UnknownNameError("scenario", str(name), list_scenarios())


def list_scenarios(kind: str | None = None, tag: str | None = None) -> list[str]:
    """Returns the names of all scenarios.

    Args:
        kind: Of this kind of decision only, such as "dispatch" or "share".
        tag: With this tag only, one of `TAGS`.

    Raises:
        SpecError: There is no such tag.
    """
    if tag is not None and tag not in TAGS:
        raise SpecError(f"tag is {tag!r}: {suggestion(str(tag), TAGS)}")
    named = [(name, one.scenarios) for one in kinds(kind) for name in one.scenarios.names()]
    return sorted(name for name, scenarios in named if tag is None or tag in scenarios[name].tags)


def make_scenario(name: str, **parameters: Any) -> Any:
    """Returns a scenario by name.

    Args:
        name: One of `list_scenarios()`, or "my_module:MyScenario".
        **parameters: Its parameters; those left out keep their defaults.

    Raises:
        UnknownNameError: No scenario has this name.
        SpecError: It has no such parameter, or the value is not allowed.
    """
    if ":" in str(name):
        return Registry("scenario", base=Scenario).make(name, **parameters)
    return KINDS[scenario_class(name).kind_name].scenarios.make(name, **parameters)


def resolve_scenario(scenario: str | Scenario, parameters: dict[str, Any], kind: str | None = None) -> Any:
    """Returns the scenario of a name and its parameters; a ready one takes none.

    Args:
        scenario: A name or a scenario.
        parameters: Of the scenario.
        kind: The kind of decision that it must be about; None: any.

    Raises:
        SpecError: It is no scenario, is about something else, or parameters stand beside a ready one.
    """
    chosen = make_scenario(scenario, **parameters) if isinstance(scenario, str) else scenario
    if not isinstance(chosen, Scenario):
        raise SpecError(f"scenario is {scenario!r}: give a name of vmenv.list_scenarios(), or a vmenv.Scenario")
    if parameters and not isinstance(scenario, str):
        raise SpecError(f"{next(iter(parameters))!r} was given beside a ready scenario: set it in the scenario")
    if kind is not None and chosen.kind_name != kind:
        raise SpecError(
            f"the scenario {scenario!r} is about {chosen.kind_name}, this environment about {kind}: "
            f'give one of {", ".join(list_scenarios(kind))}, or make "{chosen.kind.env_id(chosen.kind.scenarios.name_of(chosen))}"'
        )
    return chosen
