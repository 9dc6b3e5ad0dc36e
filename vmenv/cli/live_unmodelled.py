"""`vmenv live unmodelled`: what the model leaves out, measured on this machine."""

from __future__ import annotations

import argparse
import os
from dataclasses import fields
from pathlib import Path
from typing import Any

from vmenv.cli.settings import list_of, settings_of

EXAMPLES = """examples:
  vmenv live unmodelled                                # half a minute
  vmenv live unmodelled working_set_mib=[1,64] repetitions=15 --out my_folder
"""
DEFAULTS: dict[str, Any] = {"working_set_mib": [1, 8, 32], "repetitions": 7}
PAGE = "live_unmodelled.md"
EXPLAINED = """
Medians over the repetitions, in brackets the least and the largest. Guests that switch are virtual machines of `/dev/kvm`, each of which
writes to cache lines of its working set, drawn evenly, as fast as it can.
"""


def add_to(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the action to those of `vmenv live`."""
    told = ", ".join(f"{name}={value}" for name, value in DEFAULTS.items())
    unmodelled = actions.add_parser(
        "unmodelled",
        help="measure what the model leaves out: timers, a busy neighbour, caches",
        description="Measures how late timers and stops are, how much longer work takes while another core is busy, and what a switch "
        "costs that leaves caches cold.",
        epilog=EXAMPLES,
    )
    unmodelled.add_argument("settings", nargs="*", metavar="key=value", help=f"defaults: {told}; and options of the driver process")
    unmodelled.add_argument("--out", type=Path, help=f"a folder for {PAGE}")
    unmodelled.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from vmenv.checks import check_integer
    from vmenv.live.drivers.process import ProcessDriver
    from vmenv.live.pages import write_page
    from vmenv.live.trial_page import machine
    from vmenv.live.unmodelled import lines_of, measure

    own = [field.name for field in fields(ProcessDriver) if field.init]
    given = DEFAULTS | settings_of(options.settings, [*DEFAULTS, *own], "vmenv live unmodelled")
    repetitions = check_integer("repetitions", given["repetitions"], least=1, most=1000)
    working_sets = [check_integer("working_set_mib", mib, least=1, most=512) for mib in list_of(given["working_set_mib"])]
    load = os.getloadavg()[0]
    with ProcessDriver(**{name: value for name, value in given.items() if name in own}) as driver:
        driver.check_can("run")
        lines = lines_of(measure(driver, working_sets, repetitions))
    print(*lines, sep="\n")
    if options.out is not None:
        words = " ".join([*options.settings, "--out", str(options.out)])
        about = {"Made by": f"`vmenv live unmodelled {words}`", **machine(), "Load of the machine before": f"{load:.1f}"}
        head = ["# What the model leaves out", "", *(f"- {name}: {value}" for name, value in about.items()), EXPLAINED]
        print(f"written: {write_page(options.out, PAGE, chr(10).join([*head, *lines]) + chr(10))}")
    return 0
