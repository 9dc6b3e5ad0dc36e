"""Runs `python -m experiments.shares`."""

from experiments.shares.command import main

main()
