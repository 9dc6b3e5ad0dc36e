"""What learned policies gain over tuned heuristics, and what is left to the bounds: `python -m experiments.learned`."""
