"""The policy that a formula is: a scheduler whose key is an expression over named features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vmenv.checks import check_integer
from vmenv.dispatch.formula.expression import NUMBER, Expression, written
from vmenv.dispatch.formula.operators import BY_NAME
from vmenv.dispatch.formula.parse import parse
from vmenv.dispatch.formula.program import MOST_INSTRUCTIONS, program_of
from vmenv.dispatch.formula.scoring import look_at_host, worth
from vmenv.dispatch.index.features import AROUND_FEATURES, LEARNED_FEATURES
from vmenv.dispatch.index.places import WAIT
from vmenv.dispatch.scheduler import Scheduler
from vmenv.host.state import Floats


@dataclass(frozen=True, kw_only=True)
class FormulaPolicy(Scheduler):
    """Grants the VM that a formula says is worth most, or waits if that is worth more.

    Args:
        score: What a VM is worth: an expression, or its text (see `vmenv.dispatch.formula.parse`).
        wait: What waiting is worth, of features of the host alone; None: it never waits on purpose.
        time_scale_us: Tau of the features, in microseconds.

    Raises:
        SpecError: A formula is none, too long, or nested too deeply.

    Example:
        >>> FormulaPolicy(score="weight * promise - page_in").score.num_terms
        3
    """

    information = "demands"
    source = "learned, or written by hand"
    waits_on_purpose = True

    score: Expression | str
    wait: Expression | str | None = None
    time_scale_us: int = 1_000_000

    def __post_init__(self) -> None:
        check_integer("FormulaPolicy.time_scale_us", self.time_scale_us, least=1, most=2**53)
        for name in ("score", "wait"):
            given = getattr(self, name)
            if given is None and name == "wait":
                continue
            expression = given if isinstance(given, Expression) else parse(given)
            program_of(expression, sees_vm=name == "score")
            object.__setattr__(self, name, expression)

    def params(self, seed: int = 0) -> Floats:
        """Returns the parameters in the order of `vmenv.dispatch.formula.scoring`."""
        lengths, programs = self.programs()
        return np.array([self.time_scale_us, *self.looks(), *lengths, *programs], np.float64)

    def looks(self) -> tuple[bool, bool]:
        """Returns whether it learns from the run, and whether it looks around."""
        used = {name.removeprefix("host.") for name in self.features()}
        return not set(LEARNED_FEATURES).isdisjoint(used), not set(AROUND_FEATURES).isdisjoint(used)

    def programs(self) -> tuple[tuple[int, int], Floats]:
        """Returns how many instructions both programs have, and these, MOST_INSTRUCTIONS pairs each."""
        programs = [program_of(self._score), np.zeros((0, 2)) if self._wait is None else program_of(self._wait, sees_vm=False)]
        padded = [np.concatenate([program.ravel(), np.zeros(2 * (MOST_INSTRUCTIONS - len(program)))]) for program in programs]
        return (len(programs[0]), len(programs[1])), np.concatenate(padded)

    def features(self) -> set[str]:
        """Returns the names of the features that it looks at."""
        parts = [*self._score.parts(), *(() if self._wait is None else self._wait.parts())]
        return {part.name for part in parts} - set(BY_NAME) - {NUMBER}

    @property
    def num_terms(self) -> int:
        """Features and numbers in both formulas together."""
        return self._score.num_terms + (0 if self._wait is None else self._wait.num_terms)

    def describe(self) -> dict[str, Any]:
        """Returns the formulas as texts, the time scale, and what comes of the order where that is not the default."""
        wait = None if self._wait is None else written(self._wait)
        told = {"kind": "formula", "score": written(self._score), "wait": wait, "time_scale_us": self.time_scale_us}
        return told | ({} if self.backfill else {"backfill": False}) | self.holding()

    def __str__(self) -> str:
        waits = "" if self._wait is None else f"; waits if all are worth less than {written(self._wait, digits=3)}"
        return f"grants the VM with the largest {written(self._score, digits=3)}{waits}"

    @property
    def _score(self) -> Expression:
        assert isinstance(self.score, Expression)
        return self.score

    @property
    def _wait(self) -> Expression | None:
        assert self.wait is None or isinstance(self.wait, Expression)
        return self.wait

    update = staticmethod(look_at_host)

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """Minus what the VM is worth; infinity if waiting is worth more."""
        value = worth(vm, host, params)
        return (np.inf if value < host.run_memory[WAIT] else -value), 0.0
