"""Memory of real guests that goes to the disk and comes back, beside what the model says that this takes."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vmenv.dispatch.simulation import simulate
from vmenv.errors import SpecError
from vmenv.host.memory import moving_us
from vmenv.host.spec import Host
from vmenv.live.driver import PageIn, PageOut
from vmenv.live.drivers.kvm import KvmDriver
from vmenv.live.pages import spread
from vmenv.workload.table import Phase, Workload

WORK_US = 3600 * 10**6  # of a guest before it is given other work
TOUCHES = 10  # writes for each page, drawn evenly: all but one in 20,000 are written to
CHUNK = bytes(range(256)) * 4096  # a MiB
CODE_MIB = 2  # of a guest's memory: it does not write there


class DiskSpeed(NamedTuple):
    """How fast a plain file is written, until it is on the disk, and read from there, in KiB/s."""

    write_kib_s: int
    read_kib_s: int


@dataclass(frozen=True, kw_only=True)
class PagingTrial:
    """One guest whose memory went to the disk and came back, twice.

    Attributes:
        ram_mib: Its memory.
        disk: How fast the disk was just then.
        out: How it was paged out.
        back: How all of it came back at once.
        touched_us: What the same piece of work took on the wall after it was paged out: it came back as the guest wrote to it.
        resident_us: What it took with all of it there.
        fault_us: CPU time of the guest that this cost.
    """

    ram_mib: int
    disk: DiskSpeed
    out: PageOut
    back: PageIn
    touched_us: float
    resident_us: float
    fault_us: int

    @property
    def out_us(self) -> tuple[int, int]:
        """What paging it out took, and what the model says."""
        return self.out.write_us + self.out.drop_us, moving_us(self.ram_mib, self.disk.write_kib_s)

    @property
    def in_us(self) -> tuple[int, int]:
        """The same of bringing it back at once."""
        return self.back.read_us, moving_us(self.ram_mib, self.disk.read_kib_s)


@dataclass(frozen=True, kw_only=True)
class SwitchTrial:
    """Two guests in turns, with memory for one.

    Attributes:
        num_grants: How often one was let run.
        moved_us: What paging took in all.
        disk_kib_s: Speed of a plain file, there and back.
        from_disk_us: What the simulator says with that: the overhead of two VMs in turns on a host with so much memory.
        paging_kib_s: Speed at which such a guest was paged before, there and back.
        from_paging_us: What the simulator says with that.
    """

    num_grants: int
    moved_us: int
    disk_kib_s: int
    from_disk_us: int
    paging_kib_s: int
    from_paging_us: int


def disk_speed(folder: str, mib: int) -> DiskSpeed:
    """Returns how fast a file of so many MiB is written and read in a folder ("": where temporary files are).

    Raises:
        SpecError: It cannot be written.
    """
    try:
        with tempfile.TemporaryFile(dir=folder or None, buffering=0) as file:
            began = time.perf_counter()
            for _ in range(mib):
                file.write(CHUNK)
            os.fsync(file.fileno())
            wrote = time.perf_counter()
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            file.seek(0)
            before = time.perf_counter()
            while file.read(len(CHUNK)):
                pass
            read = time.perf_counter()
    except OSError as error:
        raise SpecError(f"{mib} MiB cannot be written to {folder or tempfile.gettempdir()} ({error}): give another page_folder") from error
    return DiskSpeed(round(1024 * mib / (wrote - began)), round(1024 * mib / (read - before)))


def page_guests(driver: KvmDriver, repetitions: int) -> list[PagingTrial]:
    """Pages a guest out and in so often; once before, for then its memory goes into a file for the first time."""
    guest, trials = driver.create(WORK_US), []
    _touch(driver, guest)
    driver.page_out(guest)
    for _ in range(repetitions):
        disk = disk_speed(driver.page_folder, driver.ram_mib)
        touched_us, touched_cpu_us = _touch(driver, guest)
        resident_us, resident_cpu_us = _touch(driver, guest)
        out = driver.page_out(guest)
        trials.append(
            PagingTrial(
                ram_mib=driver.ram_mib,
                disk=disk,
                out=out,
                back=driver.page_in(guest),
                touched_us=touched_us,
                resident_us=resident_us,
                fault_us=touched_cpu_us - resident_cpu_us,
            )
        )
        driver.page_out(guest)
    driver.destroy(guest)
    return trials


def _touch(driver: KvmDriver, guest: int) -> tuple[float, int]:
    """Lets a guest write to all of its working set, and returns what that took on the wall and in CPU time."""
    driver.give_work(guest, driver.work_of_writes(TOUCHES * (driver.working_set_mib << 8)))
    began = time.perf_counter()
    used_us = driver.run(guest, WORK_US).used_us
    return (time.perf_counter() - began) * 1e6, used_us


def switch_guests(driver: KvmDriver, quantum_us: int, num_grants: int, paged: Sequence[PagingTrial]) -> SwitchTrial:
    """Lets two guests run in turns, each of which pages the other one out, as a host does that has memory for one.

    Args:
        driver: Its guests have the size of those in `paged`.
        quantum_us: How long one runs.
        num_grants: How often.
        paged: Such guests, alone.
    """
    guests = [driver.create(WORK_US) for _ in range(2)]
    for guest in guests:
        _touch(driver, guest)
        driver.page_out(guest)
    disk = disk_speed(driver.page_folder, driver.ram_mib)
    disk_kib_s = round(2 / (1 / disk.write_kib_s + 1 / disk.read_kib_s))
    paging_kib_s = round(statistics.median(2048 * driver.ram_mib * 1e6 / (trial.out_us[0] + trial.in_us[0]) for trial in paged))
    moved_us, last, seen = 0, -1, set[int]()
    for k in range(num_grants):
        vm = k % 2
        if last >= 0 and k < num_grants - 1:  # by the last grant the other one is done, and its memory is free
            out = driver.page_out(guests[last])
            moved_us += out.write_us + out.drop_us
        if vm in seen:  # before its first grant a VM has no memory
            moved_us += driver.page_in(guests[vm]).read_us
        driver.give_work(guests[vm], WORK_US)
        driver.run(guests[vm], quantum_us)
        seen.add(vm)
        last = vm
    for guest in guests:
        driver.destroy(guest)
    return SwitchTrial(
        num_grants=num_grants,
        moved_us=moved_us,
        disk_kib_s=disk_kib_s,
        from_disk_us=overhead_us(driver.ram_mib, disk_kib_s, quantum_us, num_grants),
        paging_kib_s=paging_kib_s,
        from_paging_us=overhead_us(driver.ram_mib, paging_kib_s, quantum_us, num_grants),
    )


def overhead_us(ram_mib: int, swap_kib_s: int, quantum_us: int, num_grants: int) -> int:
    """Returns what the simulator says that two VMs of so much memory lose by paging, in turns on a host with memory for one."""
    host = Host(quantum_us=quantum_us, memory_mib=ram_mib, swap_kib_s=swap_kib_s, switch_us=0)
    work = Workload.from_phases([0, 0], [[Phase(quantum_us * num_grants // 2, 1000, ram_mib)]] * 2)
    return int(simulate(host, work, "tsrr").overhead_us.sum())


def paging_rows(trials: Sequence[Sequence[PagingTrial]]) -> list[list[str]]:
    """Returns a row of text for each size, over its repetitions."""
    rows = []
    for some in trials:
        faults = [trial.fault_us / (trial.out.out_kib / 4) for trial in some]
        rows.append(
            [
                str(some[0].ram_mib),
                spread([trial.disk.write_kib_s / 1024 for trial in some]),
                spread([trial.disk.read_kib_s / 1024 for trial in some]),
                spread([trial.out.out_kib / 1024 for trial in some], "{:.1f}"),
                spread([trial.out_us[0] / 1000 for trial in some], "{:.1f}"),
                spread([trial.out_us[1] / 1000 for trial in some], "{:.1f}"),
                spread([trial.in_us[0] / 1000 for trial in some], "{:.1f}"),
                spread([trial.in_us[1] / 1000 for trial in some], "{:.1f}"),
                spread([(trial.touched_us - trial.resident_us) / 1000 for trial in some], "{:.1f}"),
                f"{statistics.median(faults):.1f}",
            ]
        )
    return rows


def switch_rows(trials: Sequence[SwitchTrial]) -> list[list[str]]:
    """Returns a row of text, over the repetitions."""
    n = trials[0].num_grants - 1
    return [
        [
            str(n),
            spread([trial.moved_us / 1000 / n for trial in trials], "{:.1f}"),
            spread([trial.disk_kib_s / 1024 for trial in trials]),
            spread([trial.from_disk_us / 1000 / n for trial in trials], "{:.1f}"),
            spread([trial.paging_kib_s / 1024 for trial in trials]),
            spread([trial.from_paging_us / 1000 / n for trial in trials], "{:.1f}"),
            spread([trial.moved_us / trial.from_paging_us for trial in trials], "{:.2f}"),
        ]
    ]
