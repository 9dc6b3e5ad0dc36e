"""Metrics of a run, found by name: one idea a file."""

from vmenv.metrics.base import METRICS, compute_metrics, list_metrics

__all__ = ["METRICS", "compute_metrics", "list_metrics"]
