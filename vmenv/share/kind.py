"""Shares as a kind of decision: how much of each device each VM gets for the next interval."""

from __future__ import annotations

from vmenv.episodes.kinds import Column, Kind, add_kind

KIND = add_kind(
    Kind(
        name="share",
        summary="how much of each device each VM gets for the next interval",
        scenario_registry="vmenv.share.scenario:SCENARIOS",
        scheduler_registry="vmenv.share.scheduler:SCHEDULERS",
        metric_registry="vmenv.share.metric:METRICS",
        episodes_class="vmenv.share.episodes:ShareEpisodes",
        player="vmenv.share.play:play",
        env="vmenv.share.env:ShareEnv",
        vector_env="vmenv.share.vector:ShareVectorEnv",
        scenario_package="vmenv.share.scenarios",
        scenario_prefix="share_",
        id_prefix="Share-",
        default_scenario="share_spells",
        references=("equal", "size", "drf", "demand"),
        rivals=("equal", "drf"),
        columns=(Column("worst steal of a VM", "worst_steal", digits=3), Column("Jain's index", "jain", digits=3)),
        variants={"rrp asc": ("rrp", {"order": "asc"})},
        loaders={
            "share_scorer": "vmenv.share.saved:load_scorer",
            "share_ppo": "vmenv.share.saved:load_network",
            "share_tuned": "vmenv.share.saved:load_heuristic",
            "sac": "vmenv.share.saved:load_network",
        },
        play_batch=128,
    )
)
