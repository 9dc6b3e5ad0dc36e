"""`vmenv live`: what can be done with real guests on this machine, and policies on them beside what is predicted."""

from __future__ import annotations

import argparse
import itertools
import os
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmenv.cli import live_shares, live_storage, live_unmodelled
from vmenv.cli.settings import list_of, settings_of
from vmenv.errors import SpecError, VmenvError

if TYPE_CHECKING:
    from vmenv.live.trial_page import Part

EXAMPLES = """examples:
  vmenv live run                                                              # 12 guests under five schedulers, 3 times each
  vmenv live run scenario=thrash driver=process schedulers=tsrr,las,thrash-index repetitions=5 quantum_ms=[250,20]
  vmenv live run num_vms=64 mean_work_s=0.05 quantum_ms=20 clock=cpu --out my_folder
  vmenv live run driver=process,kvm stop=signal                               # options of drivers, too

scenario is lognormal or one of vmenv.list_scenarios("dispatch"), of whose VMs the CPU work is taken, scaled to a mean of mean_work_s
seconds and to load; what else they demand is left out. A policy may also be the folder of a training run: runs/thrash-index-seed0
"""
DEFAULTS: dict[str, Any] = {
    "scenario": "lognormal",
    "driver": "process",
    "schedulers": "tsrr,fcfs,las,srpt,rap",
    "repetitions": 3,
    "quantum_ms": 250,
    "clock": "service",
    "num_vms": 12,
    "mean_work_s": 0.3,
    "load": 1.0,
    "seed": 0,
}


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to those that there are."""
    live = commands.add_parser("live", help="run schedulers and policies on real guests of this machine")
    actions = live.add_subparsers(metavar="check|run|shares|storage|unmodelled", required=True)
    check = actions.add_parser("check", help="say what each driver can do here, and why not what it cannot")
    check.set_defaults(run=_check)
    run = actions.add_parser(
        "run",
        help="play a workload on real guests, and compare with the simulator",
        description="Plays a workload on real guests on one core, under each scheduler or policy so often, and prints what was measured "
        "beside what vmenv.simulate predicts.",
        epilog=EXAMPLES,
    )
    told = ", ".join(f"{name}={value}" for name, value in DEFAULTS.items())
    run.add_argument("settings", nargs="*", metavar="key=value", help=f"defaults: {told}")
    run.add_argument("--out", type=Path, help="a folder for page and picture (needs matplotlib)")
    run.add_argument("--name", default="live", help="of page and picture there (default: live)")
    run.set_defaults(run=_run)
    live_shares.add_to(actions)
    live_storage.add_to(actions)
    live_unmodelled.add_to(actions)


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


def _run(options: argparse.Namespace) -> int:
    from vmenv.checks import check_integer
    from vmenv.host.spec import Host
    from vmenv.live.driver import DRIVERS
    from vmenv.live.trial import find_schedulers, play_all
    from vmenv.live.trial_page import Part, findings, line_of, machine, write_page
    from vmenv.live.trial_work import TrialWork
    from vmenv.render.figures import matplotlib_classes

    known = [*DEFAULTS, *sorted({field.name for name in DRIVERS.names() for field in fields(DRIVERS[name]) if field.init})]
    given = DEFAULTS | settings_of(options.settings, known, "vmenv live run")
    work = TrialWork(**{name: given[name] for name in ("scenario", "num_vms", "mean_work_s", "load", "seed")}).build()
    repetitions = check_integer("repetitions", given["repetitions"], least=1, most=1000)
    hosts = [Host(quantum_us=_quantum_us(value)) for value in list_of(given["quantum_ms"])]
    schedulers = find_schedulers([str(name) for name in list_of(given["schedulers"])])
    clocks = [str(clock) for clock in list_of(given["clock"])]
    if options.out is not None:
        matplotlib_classes()  # or it is said before it takes minutes
    parts: list[Part] = []
    loads = [os.getloadavg()[0]]
    about = machine()
    for name in list_of(given["driver"]):
        with DRIVERS.make(str(name), **{key: value for key, value in given.items() if key not in DEFAULTS}) as driver:
            driver.check_can("run")
            about[f"Driver {name}"] = ", ".join(f"{key}: {value}" for key, value in driver.describe().items())
            for clock, host in itertools.product(clocks, hosts):
                trials = play_all(driver, host, work, schedulers, repetitions, clock, lambda trial: print(line_of(trial), flush=True))
                parts.append(Part(driver=str(name), quantum_us=host.quantum_us, clock=clock, trials=trials))
                loads.append(os.getloadavg()[0])
                print("\n".join([parts[-1].title, *(f"  {said}" for said in findings(parts[-1]))]), flush=True)
    if options.out is not None:
        words = " ".join(options.settings)
        about = {
            "Made by": f"`vmenv live run {words} --out {options.out}{'' if options.name == 'live' else f' --name {options.name}'}`".replace(
                "  ", " "
            ),
            "Work": f"{work.num_vms} guests, {given['scenario']}, mean {work.work_us.mean() / 1e6:.3f} s "
            f"({work.work_us.min() / 1e6:.3f} to {work.work_us.max() / 1e6:.3f}), {repetitions} repetitions",
            **about,
            "Load of the machine meanwhile, a guest of these trials included": f"{min(loads):.1f} to {max(loads):.1f}",
        }
        print(f"written: {write_page(options.out, options.name, parts, about)}")
    return 0


def _quantum_us(value: Any) -> int:
    number = float(value) if isinstance(value, str) and value.replace(".", "", 1).isdigit() else value
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not 1 <= number <= 1e7:
        raise SpecError(f"quantum_ms is {value!r}: give milliseconds, 1 to 10000000, or a list of them")
    return round(number * 1000)
