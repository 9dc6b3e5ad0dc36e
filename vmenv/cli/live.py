"""`vmenv live check`: what can be done with real guests on this machine."""

from __future__ import annotations

import argparse

from vmenv.errors import VmenvError


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to those that there are."""
    live = commands.add_parser("live", help="run schedulers and policies on real guests of this machine")
    actions = live.add_subparsers(metavar="check", required=True)
    check = actions.add_parser("check", help="say what each driver can do here, and why not what it cannot")
    check.set_defaults(run=_check)


def _check(options: argparse.Namespace) -> int:
    from vmenv.live.driver import DRIVERS, OPERATIONS

    for name in DRIVERS.names():
        with DRIVERS.make(name) as driver:
            obstacles = driver.obstacles()
            print(f"{name} (needs {driver.needs})")
            for operation, what in OPERATIONS.items():
                reason = obstacles[operation]
                print(f"  {operation:12} {'no ' if reason else 'yes'}  {what}{f': {reason}' if reason else ''}")
            if not obstacles["run"]:
                try:
                    print(*(f"  {key:16} {value}" for key, value in driver.describe().items()), sep="\n")
                except VmenvError as error:
                    print(f"  it does not work: {error}")
    return 0
