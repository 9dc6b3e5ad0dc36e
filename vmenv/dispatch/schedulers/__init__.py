"""Heuristics of dispatch, one a file."""
