"""Generated beside real: how like a trace is what a model draws that was fitted to it."""
