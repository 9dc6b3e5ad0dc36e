"""`python -m experiments.bench`."""

from experiments.bench.command import main

main()
