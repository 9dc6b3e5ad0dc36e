"""`vmenv live shares`: shares of real guests, set each interval by a policy, beside what the simulator says of them."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from vmenv.cli.settings import list_of, settings_of
from vmenv.errors import SpecError

EXAMPLES = """examples:
  vmenv live shares                                                           # 30 intervals of share_spells under three policies
  vmenv live shares spare=idle,shared policies=equal,size,drf               # quotas, and weights
  vmenv live shares driver=kvm num_vms=8 cpus=6 interval_s=1 repetitions=3 --out my_folder

scenario is one of vmenv.list_scenarios("share") whose VMs demand the CPU alone; its parameters and
options of the driver are settings too.
"""
DEFAULTS: dict[str, Any] = {
    "scenario": "share_spells",
    "policies": "equal,drf,share_spells",
    "driver": "process",
    "interval_s": 0.5,
    "num_intervals": 30,
    "repetitions": 1,
    "seed": 0,
}


def add_to(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the action to those of `vmenv live`."""
    told = ", ".join(f"{name}={value}" for name, value in DEFAULTS.items())
    shares = actions.add_parser(
        "shares",
        help="let a policy set the shares of real guests each interval, and compare with the simulator",
        description="Plays an episode of a scenario of shares on real guests of one core: a policy sets their quotas or weights each "
        "interval, and what each of them had is printed beside what the simulator says.",
        epilog=EXAMPLES,
    )
    shares.add_argument("settings", nargs="*", metavar="key=value", help=f"defaults: {told}")
    shares.add_argument("--out", type=Path, help="a folder for live_shares.md")
    shares.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from vmenv.checks import check_integer
    from vmenv.episodes.scenario import resolve_scenario, scenario_class
    from vmenv.episodes.seeds import check_seed
    from vmenv.leaderboard.entrants import enter
    from vmenv.live.driver import DRIVERS
    from vmenv.live.pages import write_page
    from vmenv.live.share_page import PAGE, TITLES, findings, line_of, page_of
    from vmenv.live.share_trial import play_all
    from vmenv.live.trial_page import machine
    from vmenv.share.kind import KIND

    sys.path.insert(0, "")  # modules of one's own lie where one stands
    chosen = next((word.partition("=")[2] for word in reversed(options.settings) if word.startswith("scenario=")), DEFAULTS["scenario"])
    parameters = [field.name for field in fields(scenario_class(chosen)) if field.name != "horizon_us"]
    of_drivers = sorted({field.name for name in DRIVERS.names() for field in fields(DRIVERS[name]) if field.init})
    given = DEFAULTS | settings_of(options.settings, [*DEFAULTS, *parameters, *of_drivers], "vmenv live shares")
    repetitions = check_integer("repetitions", given["repetitions"], least=1, most=1000)
    num_intervals = check_integer("num_intervals", given["num_intervals"], least=1, most=10**6)
    interval_us = _interval_us(given["interval_s"])
    told = {name: value for name, value in given.items() if name in parameters}
    scenarios = []
    for spare in list_of(given.get("spare", "")) or [""]:
        told |= {"spare": spare} if spare else {}
        scenario = resolve_scenario(chosen, told, KIND.name)
        scenarios.append(resolve_scenario(chosen, told | {"horizon_us": num_intervals * scenario.interval_us}, KIND.name))
    policies = {name: enter(name, KIND).policy for name in map(str, list_of(given["policies"]))}
    if not policies:
        raise SpecError('policies is empty: give names of vmenv.list_schedulers("share") or vmenv.list_policies("share")')
    of_driver = {name: value for name, value in given.items() if name in of_drivers and name not in DEFAULTS}
    with DRIVERS.make(str(given["driver"]), **of_driver) as driver:
        driver.check_can("set_shares")
        about = ", ".join(f"{key}: {value}" for key, value in driver.describe().items())
        loads = [os.getloadavg()[0]]
        seed = check_seed(given["seed"])
        parts = {}
        for scenario in scenarios:
            trials = play_all(driver, scenario, seed, policies, repetitions, interval_us, lambda trial: print(line_of(trial), flush=True))
            print(f"{TITLES[scenario.spare]}:", *(f"  {said}" for said in findings(trials)), sep="\n", flush=True)
            parts[scenario.spare] = trials
        loads.append(os.getloadavg()[0])
    if options.out is not None:
        words = " ".join([*options.settings, "--out", str(options.out)])
        head = {
            "Made by": f"`vmenv live shares {words}`",
            "Episode": f"{chosen}, seed {seed}, the first {num_intervals} intervals, each {interval_us / 1e6:g} s on the wall; "
            f"a host of {scenario.build_host().cpus} cores is played on one; {repetitions} repetitions",
            **machine(),
            f"Driver {given['driver']}": about,
            "Load of the machine before and after": f"{loads[0]:.1f} and {loads[-1]:.1f}",
        }
        page = page_of(parts, head)
        print(f"written: {write_page(options.out, PAGE, page)}")
    return 0


def _interval_us(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.05 <= value <= 3600:
        raise SpecError(f"interval_s is {value!r}: give .05 to 3600 seconds")
    return round(value * 1e6)
