"""The metrics of dispatch. A metric is a function of a `vmenv.dispatch.run.Run` that returns a float."""

from __future__ import annotations

from vmenv.episodes.metric import Metrics

METRICS = Metrics("metric", "vmenv.dispatch.metrics")
