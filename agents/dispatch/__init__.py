"""Agents that decide who is granted next, one a file."""
