"""The page of the command line, from what `--help` prints."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from unittest.mock import patch

from docs.pages.writing import Pages
from vmenv.cli import main

WIDTH = "100"  # of what is printed, so that the page is the same on every terminal


def write(out: Pages) -> None:
    """Writes the page."""
    with patch.dict(os.environ, {"COLUMNS": WIDTH, "NO_COLOR": "1"}):
        sections = [f"## `{parser.prog}`\n\n```text\n{parser.format_help().rstrip()}\n```\n" for parser in parsers(main._parser())]
    about = "`vmenv COMMAND`, or `python -m vmenv COMMAND`. Each part is what the command prints with `--help`."
    out.write("reference/command_line.md", f"# Command line\n\n{about}\n\n" + "\n".join(sections))


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yields a parser and those of its commands, each before its own."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from parsers(command)
