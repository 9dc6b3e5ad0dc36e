"""What TensorBoard shows of a run beside single curves: the policy and the reference schedulers on one chart, and its settings."""

from __future__ import annotations

import re
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard.summary import hparams

from agents.training.events import TENSORBOARD
from vmenv.episodes.saved import Card
from vmenv.episodes.scenario import Scenario

LEARNED = "eval/learned"
SIMPLE = (bool, int, float, str)  # settings that TensorBoard can compare


def tag_of(reference: str) -> str:
    """Returns under which name a reference scheduler's curve stands."""
    return f"eval/{reference}"


def describe(folder: Path, scenario: Scenario, run: Card) -> None:
    """Writes the charts of "Custom scalars", one a scenario, and the row of "HParams" into the files of a new run.

    Args:
        folder: Of the run.
        scenario: What is trained on.
        run: What `agents.training.checkpoint.card_of_run` says of it. Settings that are no number, text or truth value are left out.
    """
    tags = [f"^{re.escape(tag)}$" for tag in (LEARNED, *map(tag_of, scenario.kind.references))]
    given = {f"{part}.{name}": value for part in ("scenario", "agent") for name, value in run[part].items()} | {"seed": run["seed"]}
    compared = {name: value for name, value in given.items() if isinstance(value, SIMPLE)}
    writer = SummaryWriter(str(folder / TENSORBOARD), filename_suffix=".board")
    writer.add_custom_scalars({str(run["scenario"]["kind"]): {f"{scenario.objective} on validation episodes": ["Multiline", tags]}})
    assert writer.file_writer is not None
    for summary in hparams(compared, {LEARNED: None}):
        writer.file_writer.add_summary(summary)
    writer.close()
