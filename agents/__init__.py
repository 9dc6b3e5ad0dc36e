"""Learners: they train on vmenv's environments and hand back policies. Not part of the wheel; they run from the checkout."""
