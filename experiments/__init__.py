"""Programs: train, compare. Run from the checkout with `python -m experiments.NAME`."""
