"""The core on a GPU: `python -m experiments.gpu` plays 65,536 runs there and measures what that is worth."""
