"""What happens around SB3's training loop: how far it is, evaluation against the reference schedulers, checkpoints, the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback

from agents.training.board import LEARNED, tag_of
from agents.training.budget import Budget
from agents.training.curve import Curve, mean_cost
from agents.training.telling import Growing
from vmenv.episodes.scenario import Scenario

FIRST_AT = 0.25  # share of the time after which there must have been an evaluation, which tells how long one takes


class TrainingLoop(BaseCallback):
    """Evaluates every so often on frozen validation episodes, keeps the best, and stops when the budget is spent.

    TensorBoard gets `eval/learned` beside `eval/<scheduler>` for the reference schedulers on the same episodes, in the objective's unit.

    Args:
        scenario: What is trained on.
        budget: When to stop.
        policy: Returns the policy as it is now.
        curve: Takes in every evaluation.
        save: Called with a figure, and whether it is the best so far, after every evaluation; before the first with infinity.
        seeds: Of the validation episodes.
        eval_every: Decisions between evaluations.
        best: The best figure of the run that goes on.
        kept: Decisions of the checkpoint that the run goes on from; None: it is new.
        at_once: Whether a new run is evaluated before anything is learned. An untrained policy may take as long as a minute of training.
    """

    def __init__(
        self,
        scenario: Scenario,
        budget: Budget,
        policy: Callable[[], Any],
        curve: Curve,
        save: Callable[[float, bool], None],
        seeds: Sequence[int],
        eval_every: int,
        best: float = float("inf"),
        kept: int | None = None,
        at_once: bool = False,
    ) -> None:
        super().__init__()
        self.best = best
        self._scenario, self._budget, self._policy, self._curve, self._save = scenario, budget, policy, curve, save
        self._seeds, self._every = seeds, eval_every
        self._evaluated = -1 if kept is None else kept
        self._at_once = at_once
        self._next = eval_every if kept is None else kept + eval_every
        self._references = {name: mean_cost(name, scenario, seeds) for name in scenario.kind.references}
        self._shown: Growing | None = None

    def _on_training_start(self) -> None:
        self._shown = Growing("", " decisions", self._budget.decisions, self.num_timesteps)
        if self._evaluated < 0 and self._at_once:
            self._next = self.num_timesteps
        elif self._evaluated < 0:
            self._save(float("inf"), False)  # something to go on from in the first seconds

    def _on_step(self) -> bool:
        self._budget.done = self.num_timesteps
        return self._budget.spent < 1.0

    def _on_rollout_end(self) -> None:
        if self._shown is not None:
            self._shown.move(self.num_timesteps)

    def _on_rollout_start(self) -> None:
        never = self._evaluated < 0 and self._budget.elapsed_s > FIRST_AT * self._budget.seconds
        if self.num_timesteps >= self._next or never:  # between an update and the next rollout, when the policy stands still
            self._next = self.num_timesteps + self._every
            self._evaluate()

    def _on_training_end(self) -> None:
        if self.num_timesteps != self._evaluated:
            self._evaluate()
        if self._shown is not None:
            self._shown.close()

    def _evaluate(self) -> None:
        before_s = self._budget.elapsed_s
        figure = mean_cost(self._policy(), self._scenario, self._seeds)
        self._budget.reserved_s = self._budget.elapsed_s - before_s  # the last evaluation is to end within the time that is given
        self._curve.add(self.num_timesteps, self._budget.elapsed_s, figure)
        improved = figure < self.best
        self.best = min(self.best, figure)
        self.logger.record(LEARNED, figure)
        for name, reference in self._references.items():
            self.logger.record(tag_of(name), reference)
        self.logger.record("time/decisions_per_second", self.num_timesteps / max(self._budget.elapsed_s, 1e-9))
        self.logger.dump(self.num_timesteps)
        self._evaluated = self.num_timesteps
        self._save(figure, improved)
        if self._shown is not None:
            figures = {"validation": f"{figure:.2f}", "best": f"{self.best:.2f}"}
            self._shown.note(self.num_timesteps, figures, self._budget.left_s)
