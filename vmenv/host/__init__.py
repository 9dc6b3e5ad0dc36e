"""The exact model of a host: integers and arrays, no randomness, no input or output."""
