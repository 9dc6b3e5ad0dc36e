"""What happens around SB3's training loop: the progress bar, evaluation against the reference schedulers, checkpoints, the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback
from tqdm.auto import tqdm

from agents.training.budget import Budget
from agents.training.curve import Curve, mean_cost
from vmenv.episodes.scenario import Scenario


class TrainingLoop(BaseCallback):
    """Evaluates every so often on frozen validation episodes, keeps the best, and stops when the budget is spent.

    TensorBoard gets `eval/learned` beside `eval/<scheduler>` for the reference schedulers on the same episodes, in the objective's unit.

    Args:
        scenario: What is trained on.
        budget: When to stop.
        policy: Returns the policy as it is now.
        curve: Takes in every evaluation.
        save: Called with (is it the best so far, its figure) after every evaluation.
        seeds: Of the validation episodes.
        eval_every: Decisions between evaluations.
        best: The best figure of the run that is resumed.
        at_once: Whether to evaluate before anything is learned, because something has been already.
    """

    def __init__(
        self,
        scenario: Scenario,
        budget: Budget,
        policy: Callable[[], Any],
        curve: Curve,
        save: Callable[[bool, float], None],
        seeds: Sequence[int],
        eval_every: int,
        best: float = float("inf"),
        at_once: bool = False,
    ) -> None:
        super().__init__()
        self.best = best
        self._scenario, self._budget, self._policy, self._curve, self._save = scenario, budget, policy, curve, save
        self._seeds, self._every, self._at_once = seeds, eval_every, at_once
        self._next = 0
        self._references: dict[str, float] = {}
        self._bar: tqdm[None] | None = None

    def _on_training_start(self) -> None:
        self._references = {name: mean_cost(name, self._scenario, self._seeds) for name in self._scenario.kind.references}
        self._next = self.num_timesteps + (0 if self._at_once else self._every)
        self._bar = tqdm(total=self._budget.decisions, initial=self.num_timesteps, unit=" decisions", unit_scale=True, mininterval=1.0)
        self._budget.start()

    def _on_step(self) -> bool:
        self._budget.done = self.num_timesteps
        return self._budget.spent < 1.0

    def _on_rollout_end(self) -> None:
        if self._bar is not None:
            self._bar.update(self.num_timesteps - self._bar.n)

    def _on_rollout_start(self) -> None:
        if self.num_timesteps >= self._next:  # between an update and the next rollout, when the policy stands still
            self._next = self.num_timesteps + self._every
            self._evaluate()

    def _on_training_end(self) -> None:
        self._evaluate()
        if self._bar is not None:
            self._bar.close()

    def _evaluate(self) -> None:
        figure = mean_cost(self._policy(), self._scenario, self._seeds)
        self._curve.add(self.num_timesteps, self._budget.elapsed_s, figure)
        improved = figure < self.best
        self.best = min(self.best, figure)
        self.logger.record("eval/learned", figure)
        for name, reference in self._references.items():
            self.logger.record(f"eval/{name}", reference)
        self.logger.record("time/decisions_per_second", self.num_timesteps / max(self._budget.elapsed_s, 1e-9))
        self.logger.dump(self.num_timesteps)
        self._save(improved, figure)
        if self._bar is not None:
            self._bar.set_postfix({"validation": f"{figure:.2f}", "best": f"{self.best:.2f}"})
