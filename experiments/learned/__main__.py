"""The program: `python -m experiments.learned`."""

from experiments.learned.command import main

main()
