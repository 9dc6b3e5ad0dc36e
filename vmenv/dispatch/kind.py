"""Dispatch as a kind of decision: which VM or maintenance task is granted next, or wait."""

from __future__ import annotations

from vmenv.episodes.kinds import Column, Kind, add_kind

KIND = add_kind(
    Kind(
        name="dispatch",
        summary="which VM or maintenance task is granted next, or wait",
        scenario_registry="vmenv.dispatch.scenario:SCENARIOS",
        scheduler_registry="vmenv.dispatch.scheduler:SCHEDULERS",
        metric_registry="vmenv.dispatch.metric:METRICS",
        episodes_class="vmenv.dispatch.episodes:DispatchEpisodes",
        player="vmenv.dispatch.play:play",
        env="vmenv.dispatch.env:DispatchEnv",
        vector_env="vmenv.dispatch.vector:DispatchVectorEnv",
        scenario_package="vmenv.dispatch.scenarios",
        default_scenario="thrash",
        references=("tsrr", "tsp", "rap", "rrp", "las", "srpt"),
        rivals=("tsrr", "rap"),
        columns=(Column("mean response, s", "mean_response_us", 1e-6), Column("p99 slowdown", "p99_slowdown", digits=1)),
        variants={
            "tsp aging": ("tsp", {"aging_per_s": 1.0}),
            "srpt volume": ("srpt", {"volume": True}),
            "rap attained": ("rap", {"rule": "attained"}),
            "rrp asc": ("rrp", {"order": "asc"}),
            "mlfq resident": ("mlfq", {"threshold_us": 1_000_000.0, "ratio": 4.0, "resident_first": True}),
        },
        loaders={
            "index": "vmenv.dispatch.saved:load_index",
            "formula": "vmenv.dispatch.saved:load_formula",
            "tuned": "vmenv.dispatch.saved:load_tuned",
        },
    )
)
