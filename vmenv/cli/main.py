"""The command line: `vmenv COMMAND`, or `python -m vmenv COMMAND`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import vmenv
from vmenv.cli import board, checkout, evaluate, listing, live, serve, show, simulate, trace
from vmenv.cli.parser import SHELLS, Completion, Parser
from vmenv.errors import VmenvError

EXAMPLES = """examples:
  vmenv list schedulers                                       # what there is
  vmenv simulate las --scenario thrash --gantt las.png        # one episode
  vmenv evaluate las rap --suite core --rows mine.csv         # frozen episodes
  vmenv train scenario=thrash agent=ppo minutes=1             # from the checkout
  vmenv COMMAND --help                                        # more examples
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0, 2 for a mistake on the command line, or 130 if it is interrupted before it serves."""
    try:
        options = parse(arguments)
        if arguments is None:  # this is the program, and no part of another
            checkout.know_learners()
        return int(options.run(options))
    except BrokenPipeError:  # who reads what is printed, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except VmenvError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Returns what the command line says; ends the program with a message where it says what nobody understands."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    # argparse takes words such as key=value before the flags only.
    if rest and (not hasattr(options, "settings") or any(word.startswith("-") for word in rest)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        options.settings += rest
    return options


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="vmenv",
        description="A research environment for scheduling virtual machines on a host.",
        epilog=EXAMPLES,
    )
    parser.add_argument("--version", action="version", version=vmenv.__version__)
    parser.add_argument(
        "--completion", choices=SHELLS, action=Completion, help='for a shell: eval "$(vmenv --completion bash)" in its start-up file'
    )
    commands = parser.add_subparsers(metavar="command", required=True)
    for command in (listing, simulate, evaluate, checkout, show, board, trace, serve, live):
        command.add_to(commands)
    return parser
