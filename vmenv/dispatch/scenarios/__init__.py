"""Scenarios of dispatch, one a file."""
