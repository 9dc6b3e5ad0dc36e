"""The loop under all schedulers: what a key sees, how one is picked, and how a run is played to its end, in either mode."""
