"""`vmenv train` and `vmenv bench`: the programs of the checkout, which are not in the installed package."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys

from vmenv.errors import ServiceError

PROGRAMS = {
    "train": ("experiments.train", "train a policy: scenario=thrash agent=ppo seed=0, every parameter is a key"),
    "bench": ("experiments.bench", "measure vmenv beside other programs"),
}


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the commands to those that there are. All that follows their name is the program's."""
    for name, (module, told) in PROGRAMS.items():
        command = commands.add_parser(name, help=told, add_help=False, prefix_chars="\0")  # --help is the program's, too
        command.add_argument("words", nargs="*", help=f"as for python -m {module}")
        command.set_defaults(run=_run, module=module, name=name)


def _run(options: argparse.Namespace) -> int:
    sys.path.insert(0, "")  # where one stands, which is the checkout
    if importlib.util.find_spec(options.module.partition(".")[0]) is None or importlib.util.find_spec(options.module) is None:
        raise ServiceError(f"vmenv {options.name} is {options.module}, which is in the checkout of vmenv only: run it from there")
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", options.module, *options.words])
