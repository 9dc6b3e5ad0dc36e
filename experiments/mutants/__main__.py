"""`python -m experiments.mutants`: tries all mutants and renews experiments/results/mutants.md. Words select those that name them.

The words are looked for in part, file and fault: `python -m experiments.mutants share` tries those of the share model.
"""

from __future__ import annotations

import sys
from pathlib import Path

from experiments.mutants.command import try_mutants
from experiments.mutants.page import page
from experiments.mutants.table import named_by
from vmenv.episodes.files import write_whole
from vmenv.errors import VmenvError

RESULT = Path("experiments/results/mutants.md")  # run from the checkout


def main(words: list[str]) -> int:
    """Returns the exit status: 1 if a mutant survives. The page gets new sections for the parts that are tried whole."""
    mutants = named_by(words)
    if not mutants:
        print(f"error: no mutant is named by {' '.join(words)!r}: python -m experiments.mutants tries all", file=sys.stderr)
        return 2
    try:
        verdicts = try_mutants(Path.cwd(), mutants)
    except VmenvError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    write_whole(RESULT, page(verdicts, RESULT.read_text() if RESULT.exists() else ""))
    caught = sum(bool(verdict.tests) for verdict in verdicts)
    print(f"{caught} of {len(verdicts)} mutants are caught; whole parts are on {RESULT}")
    return int(caught < len(verdicts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
