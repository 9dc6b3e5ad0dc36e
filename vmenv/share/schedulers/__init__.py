"""Heuristics of shares, one a file: weights from what the last interval has shown."""
