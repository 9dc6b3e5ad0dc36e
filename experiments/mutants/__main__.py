"""`python -m experiments.mutants`: tries all mutants and writes experiments/results/mutants.md. Words select those that name them.

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
    """Returns the exit status: 1 if a mutant survives. The page is written if all are tried."""
    mutants = named_by(words)
    if not mutants:
        print(f"error: no mutant is named by {' '.join(words)!r}: python -m experiments.mutants tries all", file=sys.stderr)
        return 2
    try:
        verdicts = try_mutants(Path.cwd(), mutants)
    except VmenvError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if not words:
        write_whole(RESULT, page(verdicts))
    caught = sum(bool(verdict.tests) for verdict in verdicts)
    print(f"{caught} of {len(verdicts)} mutants are caught{'' if words else f': {RESULT}'}")
    return int(caught < len(verdicts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
