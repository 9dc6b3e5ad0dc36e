"""Formulas: learned policies of one line, which anyone can read. A formula is data: one interpreter plays them all."""
