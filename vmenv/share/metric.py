"""The metrics of shares. A metric is a function of a `vmenv.share.run.ShareRun` that returns a float."""

from __future__ import annotations

from vmenv.episodes.metric import Metrics

METRICS = Metrics("metric", "vmenv.share.metrics")
