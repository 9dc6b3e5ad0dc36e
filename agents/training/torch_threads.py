"""Threads of torch's arithmetic, no more than there are free cores for: beside other programs, two may take seven times as long as one."""

from __future__ import annotations

import torch
from stable_baselines3.common.callbacks import BaseCallback

from vmenv.jit.cores import free_cores


def use_free_cores(most: int) -> None:
    """Lets torch compute with as many threads as there are free cores, `most` at the most."""
    torch.set_num_threads(min(most, free_cores()))


class TorchThreads(BaseCallback):
    """Looks before every rollout and every update at how many cores others leave.

    Args:
        most: Threads at the most.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def _on_rollout_start(self) -> None:
        use_free_cores(self._most)

    def _on_rollout_end(self) -> None:
        use_free_cores(self._most)

    def _on_step(self) -> bool:
        return True
