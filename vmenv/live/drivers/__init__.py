"""Virtualization drivers, one a file: guests of this machine that a live host runs. `vmenv.live.driver` says what one is."""
