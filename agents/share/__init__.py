"""Agents that decide about shares, one a file."""
