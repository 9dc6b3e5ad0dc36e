"""`vmenv serve`: keeps a live host that other processes drive."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from vmenv.cli.settings import settings_of
from vmenv.dispatch.objective import OBJECTIVES
from vmenv.errors import SpecError, suggestion
from vmenv.host.spec import Disk, Host, Nic

TOKEN_VARIABLE = "VMENV_TOKEN"
_DEVICES = {"disks": Disk, "nics": Nic}


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to those that there are."""
    serve = commands.add_parser(
        "serve",
        help="keep a live host that other processes drive",
        description=f"Keeps a live host that other processes drive, with vmenv.connect(url) or over HTTP (its page / describes the calls). "
        f"Callers must show the token that stands in the environment variable {TOKEN_VARIABLE} or in a file, if there is one.",
    )
    serve.add_argument(
        "settings", nargs="*", metavar="key=value", help="what the host is made of, as in vmenv.Host: cpus=4 preempt=arrival ..."
    )
    serve.add_argument("--address", default="127.0.0.1", help="where to listen (default: 127.0.0.1, which only this machine can reach)")
    serve.add_argument("--port", type=int, default=8765, help="default: 8765; 0: any free one")
    serve.add_argument("--token-file", type=Path, help="a file that holds the token")
    serve.add_argument("--num-slots", type=int, help="VMs present at a time at the most (default: no limit)")
    serve.add_argument("--objective", default="mean_response_us", help=f"what the cost adds up: {', '.join(OBJECTIVES)}")
    serve.add_argument("--journal", type=Path, help="file of all calls that change the host; started with it, a service goes on there")
    serve.add_argument("--compile", default="tsrr", metavar="NAMES", help="schedulers to be ready from the start: a,b,c (default: tsrr)")
    serve.add_argument("--most-vms", type=int, default=10_000, help="VMs that may be there at a time (default: 10000)")
    serve.add_argument("--most-phases", type=int, default=1_000_000, help="phases of all VMs that ever were (default: 1000000)")
    serve.add_argument("--most-bytes", type=int, default=1_048_576, help="of a request (default: 1048576)")
    serve.add_argument("--driver", help="VMs are real guests of this driver, see vmenv live check (default: they are modelled)")
    serve.add_argument("--clock", default="service", help="of real guests: service, cpu or wall (default: service)")
    serve.set_defaults(run=_serve)


def _serve(options: argparse.Namespace) -> int:
    from vmenv.checks import check_integer
    from vmenv.live.driver import DRIVERS
    from vmenv.live.guests import GuestManager
    from vmenv.live.manager import Manager

    try:
        from vmenv.serve.server import check_reach, serve
    except ImportError as error:
        raise SpecError(f"vmenv serve needs packages that are not installed ({error}): pip install 'vmenv[serve]'") from error
    token = read_token(options.token_file)
    check_reach(options.address, token)
    check_integer("--port", options.port, most=65_535)
    check_integer("--most-bytes", options.most_bytes, least=1_000)
    limits = {"num_slots": options.num_slots, "most_vms": options.most_vms, "most_phases": options.most_phases}
    host = host_of(options.settings)
    manager: Manager
    if options.driver is None:
        manager = Manager(host, objective=options.objective, **limits)
    else:
        manager = GuestManager(DRIVERS.make(options.driver), host, clock=options.clock, objective=options.objective, **limits)

    def announce(url: str, num_replayed: int) -> None:
        if num_replayed:
            stands = f", digest {manager.digest()}" if manager.num_vms else ""
            print(f"vmenv: {num_replayed} calls from {options.journal}: the clock is at {manager.clock_us} us{stands}", flush=True)
        print(f"vmenv: serving {url} (what it can do: open that page; stop with Ctrl-C)", flush=True)

    with manager:
        serve(
            manager,
            address=options.address,
            port=options.port,
            token=token,
            most_bytes=options.most_bytes,
            journal=options.journal,
            compiled=[name for name in options.compile.split(",") if name],
            announce=announce,
        )
    return 0


def read_token(file: Path | None) -> str | None:
    """Returns the token: what a file holds, or else what the environment does; None if neither is there.

    Raises:
        SpecError: The file cannot be read.
    """
    if file is None:
        return os.environ.get(TOKEN_VARIABLE) or None
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"--token-file {file} cannot be read ({error}): give a file that holds the token") from error


def host_of(settings: Sequence[str]) -> Host:
    """Returns the host that words like "cpus=4" describe; disks and nics are JSON lists of objects.

    Raises:
        SpecError: There is no such key, or the value is out of range.
    """
    known: list[str] = [field.name for field in fields(Host)]
    given: dict[str, Any] = {}
    for key, value in settings_of(settings, known, "the host").items():
        given[key] = _devices(key, value) if key in _DEVICES else value
    return Host(**given)


def _devices(key: str, value: Any) -> tuple[Disk | Nic, ...]:
    kind = _DEVICES[key]
    known = [field.name for field in fields(kind)]
    if not isinstance(value, list) or not all(isinstance(device, dict) for device in value):
        raise SpecError(f"{key} is {value!r}: give a JSON list of objects with {', '.join(known)}")
    for name in (name for device in value for name in device if name not in known):
        raise SpecError(f"{key} has no {name!r}: {suggestion(name, known)}")
    return tuple(kind(**device) for device in value)
