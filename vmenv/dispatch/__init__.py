"""Dispatch: which VM or maintenance task is granted next, or wait."""
