"""The command line: `vmenv COMMAND`, or `python -m vmenv COMMAND`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import vmenv
from vmenv.cli import board, evaluate, serve
from vmenv.errors import VmenvError


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0, 2 for a mistake on the command line, or 130 if it is interrupted before it serves."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except VmenvError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vmenv", description="A research environment for scheduling virtual machines on a host.")
    parser.add_argument("--version", action="version", version=vmenv.__version__)
    commands = parser.add_subparsers(metavar="command", required=True)
    for command in (evaluate, board, serve):
        command.add_to(commands)
    return parser
