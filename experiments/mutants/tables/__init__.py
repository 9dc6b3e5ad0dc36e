"""The mutants, a part a file. None is equivalent to the original."""
