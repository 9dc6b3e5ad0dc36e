"""What the programs show while a scenario reads its files."""

from __future__ import annotations

from typing import TextIO

from agents.training.telling import Growing
from vmenv.episodes.scenario import Scenario


def prepare(scenario: Scenario, file: TextIO | None = None) -> None:
    """Lets a scenario read its files, and says how far it is if that takes a while.

    Args:
        scenario: The scenario.
        file: Where that is told; None: standard error.

    Raises:
        TraceError: A file cannot be read.
    """
    with Growing("reading", "B", divisor=1024, leave=False, file=file) as shown:
        scenario.prepare(shown.move)
