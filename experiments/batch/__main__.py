"""Runs `python -m experiments.batch`."""

from experiments.batch.command import main

main()
