"""The tests: a package, so that the `tests` that some distributions install cannot stand in for it."""
