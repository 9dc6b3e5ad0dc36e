"""Learned index policies: a small scoring network over named features that runs compiled inside the loop, as a scheduler does."""
