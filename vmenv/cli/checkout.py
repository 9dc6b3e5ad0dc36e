"""What is in the checkout and not in the installed package: the programs of `vmenv train` and `vmenv bench`, and the learners."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import sys
from pathlib import Path

from vmenv.episodes.kinds import PLUGINS
from vmenv.errors import ServiceError

LEARNERS = Path("agents/training/agent.py")  # whoever stands in the checkout has it
PROGRAMS = {
    "train": ("experiments.train", "train a policy: scenario=thrash agent=ppo seed=0, every parameter is a key"),
    "bench": ("experiments.bench", "measure vmenv beside other programs"),
}


def know_learners() -> None:
    """Makes known how the networks of the learners are loaded, to worker processes too, where one stands in the checkout."""
    if PLUGINS not in os.environ and LEARNERS.is_file():
        sys.path.insert(0, "")
        os.environ[PLUGINS] = "agents"
        importlib.import_module("agents")


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
