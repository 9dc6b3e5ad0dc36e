"""Random: every VM that fits is equally likely to go next.

Source: service in random order (SIRO), e.g. Cooper, Introduction to Queueing Theory (1981).
Information: blind. Good as the floor of any comparison. Fails as round robin does when switches and paging cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmenv.dispatch.loop.draws import uniform
from vmenv.dispatch.scheduler import SCHEDULERS, Scheduler


@SCHEDULERS.register("random")
@dataclass(frozen=True, kw_only=True)
class Random(Scheduler):
    """Service in random order."""

    information = "blind"
    source = "Cooper, Introduction to Queueing Theory, 1981"
    random = True

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        """A draw, another for every VM and decision."""
        return uniform(vm.number, host.num_decisions, params), 0.0
