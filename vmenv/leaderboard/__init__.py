"""Policies on the same episodes, with the uncertainty of every figure."""
