"""What TensorBoard shows of a run: one chart with all policies on it, and a row of settings; once, however often a run goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar.layout_pb2 import Layout
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from agents.training.agent import AGENTS
from vmenv.episodes.scenario import make_scenario


@pytest.mark.parametrize(("agent", "options"), [("index", {}), ("ppo", {"num_envs": 8, "num_steps": 128, "batch_size": 1024})])
def test_one_chart_and_one_row(agent: str, options: dict[str, int], tmp_path: Path) -> None:
    scenario = make_scenario("thrash", num_vms=12, num_slots=6)
    for decisions, resume in ((3_000, False), (6_000, True)):
        AGENTS.make(agent, decisions=decisions, eval_episodes=2, **options).train(
            scenario, seed=3, minutes=None, folder=tmp_path, resume=resume
        )
    files = list((tmp_path / "tensorboard").glob("*.board"))
    assert len(files) == 1
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    layout = Layout.FromString(events.Tensors("custom_scalars__config__")[0].tensor_proto.string_val[0])
    (chart,) = layout.category[0].chart
    assert layout.category[0].title == "thrash"
    assert chart.title == "mean_slowdown on validation episodes"
    scalars = {*events.Tags()["scalars"], *events.Tags()["tensors"]}  # SB3 and searches write them in the older and the newer form
    assert {tag.strip("^$") for tag in chart.multiline.tag} <= scalars, "every curve of the chart is there"
    assert "^eval/learned$" in chart.multiline.tag
    row = events.summary_metadata["_hparams_/session_start_info"].plugin_data.content
    settings = HParamsPluginData.FromString(row).session_start_info.hparams
    assert settings["scenario.num_vms"].number_value == 12
    assert settings["agent.kind"].string_value == agent
    assert settings["seed"].number_value == 3
