"""What a search shows while it goes on: TensorBoard curves beside the reference schedulers, a CSV of the learning curve, how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from tensorboard.summary import Writer

from agents.training.board import LEARNED, tag_of
from agents.training.budget import Budget
from agents.training.curve import Curve, mean_cost
from agents.training.events import TENSORBOARD, drop_later_events
from agents.training.telling import Growing
from vmenv.episodes.scenario import Scenario


class Progress:
    """Reports evaluations; a context that closes its files.

    Args:
        scenario: What is trained on.
        folder: Of the run.
        budget: What is spent.
        seeds: Of the validation episodes.
        kept: Decisions of the checkpoint that the run goes on from; None: it is new.
        name: What is searched for, if that is not clear.
    """

    def __init__(self, scenario: Scenario, folder: Path, budget: Budget, seeds: Sequence[int], kept: int | None, name: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        drop_later_events(folder, kept)
        self._references = {name: mean_cost(name, scenario, seeds) for name in scenario.kind.references}
        self._budget = budget
        self._writer = Writer(str(folder / TENSORBOARD))
        self._curve = Curve(folder, kept)
        self._shown = Growing(name, " decisions", budget.decisions, budget.done)
        self._best = float("inf")

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._shown.close()
        self._writer.close()

    def report(self, figure: float) -> None:
        """Takes in the mean cost on the validation episodes."""
        done, seconds = self._budget.done, self._budget.elapsed_s
        self._best = min(self._best, figure)
        self._writer.add_scalar(LEARNED, figure, done)
        for name, reference in self._references.items():
            self._writer.add_scalar(tag_of(name), reference, done)
        self._writer.add_scalar("time/decisions_per_second", done / max(seconds, 1e-9), done)
        self._writer.flush()  # a checkpoint follows: what it keeps must be there after a kill
        self._curve.add(done, seconds, figure)
        self._shown.note(done, {"validation": f"{figure:.3f}", "best": f"{self._best:.3f}"}, self._budget.left_s)
