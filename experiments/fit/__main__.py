"""The program: `python -m experiments.fit`."""

from experiments.fit.command import main

main()
