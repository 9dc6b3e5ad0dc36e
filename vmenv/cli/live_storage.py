"""`vmenv live storage`: snapshots, migrations and paging of real guests, beside what the model says of them."""

from __future__ import annotations

import argparse
import os
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmenv.cli.settings import list_of, settings_of
from vmenv.errors import UnknownNameError

if TYPE_CHECKING:
    from vmenv.live.drivers.kvm import KvmDriver
    from vmenv.live.storage_page import Paging

EXAMPLES = """examples:
  vmenv live storage                                                          # a minute; needs /dev/kvm
  vmenv live storage driver=qemu accel=tcg                                    # needs QEMU
  vmenv live storage ram_mib=64 working_set_mib=16 dirty_kib_s=50000 bandwidth_kib_s=[100000,200000]
  vmenv live storage repetitions=9 --out my_folder
"""
DRIVER: dict[str, Any] = {"ram_mib": 32, "working_set_mib": 8, "dirty_kib_s": 20_000}
DEFAULTS: dict[str, Any] = DRIVER | {
    "driver": "kvm",
    "service_ms": [5, 20, 100, 400],
    "bandwidth_kib_s": [20_000, 50_000, 100_000],
    "most_down_ms": 30,
    "paged_mib": [8, 32, 128],
    "repetitions": 3,
}
QUANTUM_US, NUM_GRANTS = 100_000, 8  # of two guests in turns, where memory is for one


def add_to(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the action to those of `vmenv live`."""
    told = ", ".join(f"{name}={value}" for name, value in DEFAULTS.items())
    storage = actions.add_parser(
        "storage",
        help="take snapshots of real guests, migrate them and page them out, and compare with the model",
        description="Takes snapshots of a guest that writes, compresses them, goes on from one, migrates it, pages others out "
        "and in, and prints what was measured beside what the model of storage, migration and paging says.",
        epilog=EXAMPLES,
    )
    storage.add_argument("settings", nargs="*", metavar="key=value", help=f"defaults: {told}")
    storage.add_argument("--out", type=Path, help="a folder for live_storage.md")
    storage.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from vmenv.checks import check_integer
    from vmenv.live.driver import DRIVERS
    from vmenv.live.pages import write_page
    from vmenv.live.storage_page import ABOUT_DRIVERS, PAGE, page_of
    from vmenv.live.storage_trial import migrate_guests, take_snapshots
    from vmenv.live.trial_page import machine

    known = sorted({field.name for name in ABOUT_DRIVERS for field in fields(DRIVERS[name]) if field.init})
    given = DEFAULTS | settings_of(options.settings, [*DEFAULTS, *(name for name in known if name not in DEFAULTS)], "vmenv live storage")
    name = given["driver"]
    if name not in ABOUT_DRIVERS:
        raise UnknownNameError("driver that keeps snapshots", str(name), ABOUT_DRIVERS)
    repetitions = check_integer("repetitions", given["repetitions"], least=1, most=1000)
    service_us = [1000 * check_integer("service_ms", value, least=1, most=10**6) for value in list_of(given["service_ms"])]
    bandwidths = [check_integer("bandwidth_kib_s", value, least=1, most=2**30) for value in list_of(given["bandwidth_kib_s"])]
    most_down_us = 1000 * check_integer("most_down_ms", given["most_down_ms"], most=10**6)
    load = os.getloadavg()[0]
    with DRIVERS.make(name, **{key: value for key, value in given.items() if key in known}) as driver:
        driver.check_can("migrate")
        told = ", ".join(f"{key}: {value}" for key, value in driver.describe().items())
        snapshots = take_snapshots(driver, service_us, repetitions)
        migrations = migrate_guests(driver, bandwidths, most_down_us, repetitions)
        paging = _page(driver, given["paged_mib"], repetitions)
        guest = f"{driver.ram_mib} MiB, of which it writes to {driver.working_set_mib} at {driver.written_kib_s()} KiB/s"
    words = " ".join([*options.settings, *(["--out", str(options.out)] if options.out else [])])
    about = {"Made by": f"`vmenv live storage {words}`".replace(" `", "`"), **machine(), f"Driver {name}": told}
    about |= {"Load of the machine before": f"{load:.1f}"}
    about |= {"Guest": f"{guest}; {repetitions} repetitions, migrations end when the rest takes {most_down_us / 1000:g} ms"}
    page = page_of(name, snapshots, migrations, paging, repetitions, about)
    print(page)
    if options.out is not None:
        print(f"written: {write_page(options.out, PAGE, page)}")
    return 0


def _page(driver: KvmDriver, paged_mib: Any, repetitions: int) -> Paging | str:
    """Returns what came of paging guests with such working sets, or why there was none."""
    from vmenv.live.paging_trial import page_guests, switch_guests
    from vmenv.live.storage_page import Paging

    if driver.obstacles()["page_out"]:
        return driver.obstacles()["page_out"]
    sizes, switches, ram_mib = [], [], 0
    for working_set_mib in list_of(paged_mib):
        with replace(driver, ram_mib=working_set_mib + 2, working_set_mib=working_set_mib, dirty_kib_s=0) as one:
            sizes.append(page_guests(one, repetitions))
            switches, ram_mib = [switch_guests(one, QUANTUM_US, NUM_GRANTS, sizes[-1]) for _ in range(repetitions)], one.ram_mib
    return Paging(sizes, switches, ram_mib, QUANTUM_US)
