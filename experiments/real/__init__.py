"""Real work: where something can be gained at all, and what policies gain that were trained on its past."""
