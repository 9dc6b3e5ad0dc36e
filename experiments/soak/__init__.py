"""Does it hold for long? Very many random decisions in one process, watched."""
