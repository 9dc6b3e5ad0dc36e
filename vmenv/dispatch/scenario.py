"""What a scenario of dispatch is: host, workload, objective, and the time scale of what is observed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.checks import check_bool, check_integer
from vmenv.dispatch.kind import KIND
from vmenv.dispatch.objective import OBJECTIVES
from vmenv.episodes.scenario import Scenario, Scenarios
from vmenv.host.spec import check_commits
from vmenv.workload.table import Workload


@dataclass(frozen=True, kw_only=True)
class DispatchScenario(Scenario):
    """A family of episodes of dispatch: the seed chooses one.

    To write one, subclass as a frozen dataclass whose fields are its parameters, and write `build_host` and, in numpy, `draw_workload`.
    `@SCENARIOS.register("my_name")` in `vmenv/dispatch/scenarios/my_name.py` makes it known and gives it the id `vmenv/My_name-v0`.

    An episode then costs Python some tenths of a millisecond, on one thread, however many play; batches keep those for training once
    drawn. To have every episode new at nearly the same speed, write `draw` and `numbers` in place of `draw_workload`, as
    `vmenv.dispatch.scenarios.mm1` does: the same numpy, over the columns of the workload, which is compiled and runs on all threads.

    Args:
        objective: What is minimised, one of `vmenv.dispatch.objective.OBJECTIVES`.
        time_scale_us: Typical time, to which observations are scaled.
        commit: Whether picks are held, on a host with preempt="none": every VM that waits is a legal action, choosing one commits the host
            to it, and time passes until it fits and is granted. As long as somebody waits one must be chosen: "wait" is no legal action
            then, as with it a policy could put off its pick until something fits. Heuristics are played with their `commit`.
        reservation: Whether others go past a pick that is held and does not fit, as `Scheduler.reservation` has it. With `commit` only.
    """

    kind_name = KIND.name
    objectives = OBJECTIVES
    stream = (0x3A7, 0x10AD)

    objective: str = "mean_response_us"
    time_scale_us: int = 1_000_000
    commit: bool = False
    reservation: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_integer("time_scale_us", self.time_scale_us, least=1, most=2**53)
        check_commits("none", check_bool("commit", self.commit), check_bool("reservation", self.reservation))  # the host is not known yet

    def describe(self) -> dict[str, Any]:
        """Returns name and parameters as plain values; what holds picks only where it is on, so that other scenarios are told as before."""
        return {name: value for name, value in super().describe().items() if name not in ("commit", "reservation") or value}

    def check(self, workload: Workload) -> None:
        """Checks that every VM can run on the host by itself."""
        workload.check_on(self._host)


SCENARIOS = Scenarios(KIND, DispatchScenario)
