"""Batch scheduling on logs of real machines, in the settings of the literature: `python -m experiments.batch`."""
