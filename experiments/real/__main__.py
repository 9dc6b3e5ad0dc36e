"""The program: `python -m experiments.real`."""

from experiments.real.command import main

main()
