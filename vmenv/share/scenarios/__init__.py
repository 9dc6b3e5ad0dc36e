"""Scenarios of shares, one a file."""
