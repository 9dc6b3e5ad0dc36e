"""The parser of the command line: it names what comes nearest to a word that it does not know, and leaves examples as they stand."""

from __future__ import annotations

import argparse
from typing import Any

from vmenv.errors import VmenvError, suggestion

SHELLS = ("bash", "zsh", "tcsh")


class Formatter(argparse.HelpFormatter):
    """Wraps what is said, but for examples, which are copied as they stand."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        said, examples, lines = text.partition("examples:\n")
        return (super()._fill_text(said, width, indent) if said.strip() else "") + examples + lines


class Parser(argparse.ArgumentParser):
    """As argparse's, but for the message about an unknown choice, and for examples in its help."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": Formatter, **options})

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            raise argparse.ArgumentError(action, f"unknown {value!r}: {suggestion(value, map(str, action.choices))}")


class Completion(argparse.Action):
    """Prints what completes the command line in a shell, and ends the program."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option_string: str | None = None
    ) -> None:
        """See `argparse.Action`.

        Raises:
            VmenvError: shtab is not installed.
        """
        try:
            import shtab
        except ImportError as error:
            raise VmenvError('completion needs shtab: pip install "vmenv[terminal]"') from error
        print(shtab.complete(parser, shell=values))
        parser.exit()
