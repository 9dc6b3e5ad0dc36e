"""Metrics of a run, one idea a file."""
