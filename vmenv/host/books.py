"""The books of a device: demand x time, in two words, as a machine of ten thousand CPUs fills 64 bits within a week."""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host.state import Ints, State
from vmenv.jit import jittable

BITS = 31  # a demand has no more, so that demand x so many bits of time leaves room for the book that it is added to
LOW = 2**BITS - 1


@jittable
def book(devices: Ints, device: int, column: int, demand: int, passed_us: int) -> None:
    """Adds demand x time to a book.

    Args:
        devices: (D, NUM_DEVICE_COLUMNS) of the run.
        device: Whose book.
        column: Which: SERVED, OVERHEAD or IDLE.
        demand: From 0 to 2^31 - 1.
        passed_us: From 0 to CLOCK_LIMIT_US.
    """
    if passed_us > LOW:  # 36 minutes: in few workloads is nothing to happen for so long
        upper = demand * (passed_us >> BITS)
        devices[device, column + c.NUM_BOOKS] += upper >> (c.BOOK_BITS - BITS)
        _add(devices, device, column, (upper & LOW) << BITS)
    _add(devices, device, column, demand * (passed_us & LOW))


@jittable
def _add(devices: Ints, device: int, column: int, amount: int) -> None:
    """Adds less than 2^BOOK_BITS to a book, which holds less than that, and carries."""
    devices[device, column] += amount
    if devices[device, column] >> c.BOOK_BITS:
        devices[device, column] &= 2**c.BOOK_BITS - 1
        devices[device, column + c.NUM_BOOKS] += 1


@jittable
def book_demand(s: State, i: int, column: int, passed_us: int) -> None:
    """Adds the demand of slot `i` x time to a book of each of its three devices."""
    book(s.devices, c.CPU, column, s.front[i, c.CPU], passed_us)
    book(s.devices, s.slots[i, c.DISK_DEVICE], column, s.front[i, c.DISK], passed_us)
    book(s.devices, s.slots[i, c.NIC_DEVICE], column, s.front[i, c.NET], passed_us)


def booked(devices: Ints, device: int, column: int) -> int:
    """Returns what a book holds, demand x microseconds, of any size."""
    return (int(devices[device, column + c.NUM_BOOKS]) << c.BOOK_BITS) + int(devices[device, column])
