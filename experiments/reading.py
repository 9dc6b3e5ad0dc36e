"""What the programs show while a scenario reads its files."""

from __future__ import annotations

from typing import TextIO

from tqdm.auto import tqdm

from vmenv.episodes.scenario import Scenario


def prepare(scenario: Scenario, file: TextIO | None = None) -> None:
    """Lets a scenario read its files, with a bar if that is seen.

    Args:
        scenario: The scenario.
        file: Where the bar goes, if it is a terminal; None: standard error.

    Raises:
        TraceError: A file cannot be read.
    """
    with tqdm(desc="reading", unit="B", unit_scale=True, unit_divisor=1024, leave=False, disable=None, file=file) as bar:

        def show(done_bytes: int, total_bytes: int) -> None:
            bar.total = total_bytes
            bar.update(done_bytes - bar.n)

        scenario.prepare(show)
