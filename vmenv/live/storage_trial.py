"""Snapshots and migrations of real guests, beside what the model says of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from vmenv.errors import SimulationError
from vmenv.host.migration import Precopy, precopy
from vmenv.host.writes import dirtied_kib
from vmenv.live.driver import Migration, Snapshot
from vmenv.live.drivers._memory import MemoryDriver
from vmenv.live.images import pack, unpack
from vmenv.live.pages import spread

WARM_US = 20_000  # service before anything is measured
WORK_US = 3600 * 10**6  # more than any trial takes


@dataclass(frozen=True, kw_only=True)
class SnapshotTrial:
    """One snapshot that was taken some service after another.

    Attributes:
        used_us: That service.
        written_kib: What the guest wrote in it, by its registers, some pages more than once.
        kept_kib: Pages that it kept.
        predicted_kib: What the model says that it keeps.
        packed_bytes: What is left of it, compressed without loss.
        num_bytes: What it had before.
        take_us: What taking it took on the wall.
        pack_us: What compressing it took on the wall.
    """

    used_us: int
    written_kib: int
    kept_kib: int
    predicted_kib: int
    packed_bytes: int
    num_bytes: int
    take_us: float
    pack_us: float


@dataclass(frozen=True, kw_only=True)
class MigrationTrial:
    """One migration.

    Attributes:
        bandwidth_kib_s: What it had.
        moved: How it went.
        written_kib_s: How fast the guest wrote during the rounds, by its registers and the clock on the wall.
        predicted: How the model says that it goes.
        predicted_last_kib: What the model says is copied while the guest stands.
    """

    bandwidth_kib_s: int
    moved: Migration
    written_kib_s: int
    predicted: Precopy
    predicted_last_kib: float


def take_snapshots(driver: MemoryDriver, service_us: Sequence[int], repetitions: int) -> list[SnapshotTrial]:
    """Takes a snapshot, and one more after each service, so often; then goes on from the last, and compares.

    Raises:
        SimulationError: A snapshot that was packed is another, or a guest that goes on from one has another memory.
    """
    guest, trials = driver.create(WORK_US), []
    driver.run(guest, WARM_US)
    last = driver.snapshot(guest)
    for asked_us in [asked_us for asked_us in service_us for _ in range(repetitions)]:
        used_us = driver.run(guest, asked_us).used_us
        began = time.perf_counter()
        taken = driver.snapshot(guest, since=last)
        took = time.perf_counter()
        packed = pack(taken)
        done = time.perf_counter()
        if unpack(packed, last) != taken:
            raise SimulationError("a snapshot that was packed and unpacked is another: the compression loses something")
        written_kib = driver.written_kib(last, taken)
        last = Snapshot(registers=taken.registers, pages=taken.all_pages(), num_pages=taken.num_pages)  # or thousands would hang together
        trials.append(
            SnapshotTrial(
                used_us=used_us,
                written_kib=written_kib,
                kept_kib=len(taken.pages) * 4,
                predicted_kib=dirtied_kib(driver.working_set_mib, written_kib, 10**6),
                packed_bytes=len(packed),
                num_bytes=taken.num_bytes,
                take_us=(took - began) * 1e6,
                pack_us=(done - took) * 1e6,
            )
        )
    _goes_on_alike(driver, guest, last)
    driver.destroy(guest)
    return trials


def _goes_on_alike(driver: MemoryDriver, guest: int, last: Snapshot) -> None:
    other = driver.restore(last)
    if not driver.alike(driver.snapshot(other), driver.snapshot(guest)):
        raise SimulationError("a guest that was restored is another than the one of which the snapshot was")
    driver.destroy(other)


def migrate_guests(driver: MemoryDriver, bandwidths_kib_s: Sequence[int], most_down_us: int, repetitions: int) -> list[MigrationTrial]:
    """Moves a guest so often with each bandwidth."""
    guest, trials = driver.create(WORK_US), []
    fill_us = 4 * (driver.working_set_mib << 10) * 10**6 // driver.written_kib_s()  # but e^-4 of the working set has content then
    driver.run(guest, WARM_US + fill_us)
    for bandwidth_kib_s in [bandwidth for bandwidth in bandwidths_kib_s for _ in range(repetitions)]:
        before = driver.snapshot(guest)
        with driver.on_time():
            moved = driver.migrate(guest, bandwidth_kib_s, most_down_us)
        written_kib = driver.written_kib(before, driver.snapshot(guest))
        written_kib_s = round(written_kib * 1e6 / moved.copy_us)
        first_mib = max(1, round(moved.rounds_kib[0] / 1024))  # which is the memory, without pages of zeros where these are left out
        predicted = precopy(first_mib, bandwidth_kib_s, written_kib_s, driver.working_set_mib, most_down_us)
        last_kib = predicted.last_us * bandwidth_kib_s / 1e6
        trials.append(
            MigrationTrial(
                bandwidth_kib_s=bandwidth_kib_s,
                moved=moved,
                written_kib_s=written_kib_s,
                predicted=predicted,
                predicted_last_kib=last_kib,
            )
        )
    driver.destroy(guest)
    return trials


def snapshot_rows(trials: Sequence[SnapshotTrial], repetitions: int) -> list[list[str]]:
    """Returns a row of text for each service, medians over the repetitions."""
    rows = []
    for k in range(0, len(trials), repetitions):
        some = trials[k : k + repetitions]
        kept = [100 * (trial.kept_kib / max(1, trial.predicted_kib) - 1) for trial in some]
        rows.append(
            [
                f"{statistics.median(trial.used_us for trial in some) / 1000:.1f}",
                f"{statistics.median(trial.written_kib for trial in some):.0f}",
                f"{statistics.median(trial.kept_kib for trial in some):.0f}",
                f"{statistics.median(trial.predicted_kib for trial in some):.0f}",
                f"{statistics.median(kept):+.1f}% [{min(kept):+.1f}%, {max(kept):+.1f}%]",
                f"{statistics.median(1 - trial.packed_bytes / trial.num_bytes for trial in some):.3f}",
                f"{statistics.median(trial.take_us for trial in some) / 1000:.1f}",
                f"{statistics.median(trial.pack_us for trial in some) / 1000:.1f}",
            ]
        )
    return rows


def migration_rows(trials: Sequence[MigrationTrial], repetitions: int) -> list[list[str]]:
    """Returns a row of text for each bandwidth, medians over the repetitions."""
    rows = []
    for k in range(0, len(trials), repetitions):
        some = trials[k : k + repetitions]
        moved, said = [trial.moved for trial in some], [trial.predicted for trial in some]
        total_kib = [trial.predicted.copy_us * trial.bandwidth_kib_s / 1e6 + trial.predicted_last_kib for trial in some]
        rows.append(
            [
                f"{some[0].bandwidth_kib_s / 1024:.0f}",
                spread([trial.written_kib_s / 1024 for trial in some], "{:.1f}"),
                spread([len(one.rounds_kib) for one in moved]),
                spread([one.rounds for one in said]),
                spread([(sum(one.rounds_kib) + one.last_kib) / 1024 for one in moved], "{:.1f}"),
                spread([kib / 1024 for kib in total_kib], "{:.1f}"),
                spread([one.copy_us / 1000 for one in moved]),
                spread([one.copy_us / 1000 for one in said]),
                spread([one.last_kib for one in moved]),
                spread([trial.predicted_last_kib for trial in some]),
                spread([one.down_us / 1000 for one in moved], "{:.1f}"),
                spread([one.last_us / 1000 for one in said], "{:.1f}"),
            ]
        )
    return rows
