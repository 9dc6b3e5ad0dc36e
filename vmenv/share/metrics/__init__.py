"""Metrics of a run of shares, one idea a file."""
