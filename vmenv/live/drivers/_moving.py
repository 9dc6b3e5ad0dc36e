"""Moving a guest by pre-copy: its memory is sent while it goes on, then again what it has written to meanwhile, and so on, round by round.

Source: Clark et al., "Live migration of virtual machines", NSDI 2005. Rounds end as in the model, `vmenv.host.migration`.
"""

from __future__ import annotations

import mmap
import socket
import struct
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from vmenv.errors import SimulationError
from vmenv.live.driver import Migration, Slice
from vmenv.live.drivers._guest import READY_S, Guest

PAGE_BYTES = 4096
REGISTERS_BYTES = 456
END = 2**32 - 1  # the number of no page
MOST_ROUNDS = 30
CHUNK = 16  # pages that are sent at once
SLICE_US = 2_000  # between two looks at whether a round is over


class PageSender:
    """Sends pages of a memory over a socket, no faster than told: a number of 32 bits and the content of each.

    Args:
        channel: The socket.
        memory: Where they lie.
        bandwidth_kib_s: How fast.
    """

    def __init__(self, channel: socket.socket, memory: mmap.mmap, bandwidth_kib_s: int) -> None:
        self._channel, self._memory = channel, memory
        self._bytes_s = bandwidth_kib_s * 1024
        self._called_off = False
        channel.settimeout(READY_S)

    @property
    def num_pages(self) -> int:
        """Of the whole memory."""
        return len(self._memory) // PAGE_BYTES

    def time_us(self, num_pages: int) -> float:
        """Returns what so many pages take."""
        return num_pages * PAGE_BYTES * 1e6 / self._bytes_s

    def send(self, numbers: Sequence[int]) -> None:
        """Sends pages, as they are when their turn comes, and returns when the last is due to have arrived, or after `call_off`.

        Raises:
            OSError: The other side is gone, or takes nothing for too long.
        """
        began = time.monotonic()
        for first in range(0, len(numbers), CHUNK):
            if self._called_off:
                return
            chunk = numbers[first : first + CHUNK]
            with memoryview(self._memory) as memory:
                parts = [part for k in chunk for part in (struct.pack("<I", k), memory[k * PAGE_BYTES : (k + 1) * PAGE_BYTES])]
                self._channel.sendall(b"".join(parts))
                del parts
            due = began + 1e-6 * self.time_us(first + len(chunk))
            time.sleep(max(0.0, due - time.monotonic()))

    def call_off(self) -> None:
        """Lets `send`, in whichever thread it is, come to an end."""
        self._called_off = True

    def end(self) -> None:
        """Says that no page follows."""
        self._channel.sendall(struct.pack("<I", END))


def move(
    guest: Guest,
    other: Guest,
    run: Callable[[int, int], Slice],
    written: Callable[[], list[int]],
    sender: PageSender,
    most_down_us: int,
) -> Migration:
    """Moves memory and registers of a guest to another, which can go on then. Both stand at the end.

    Args:
        guest: Stands.
        other: Stands, and has the other end of the socket.
        run: Lets the guest have so much service within so much time on the wall.
        written: Returns the pages that the guest has written to since this was last asked.
        sender: What sends its pages.
        most_down_us: The rest is sent when that takes no longer.

    Raises:
        SimulationError: One of them has ended, or hangs.
    """
    other.begin(b"m")
    try:
        rounds: list[int] = []
        copy_us, used_us, left = 0.0, 0, list(range(sender.num_pages))
        written()  # all is sent, so that what was written to before does not count
        before = len(left) + 1
        while len(rounds) < MOST_ROUNDS and len(left) < before and (not rounds or sender.time_us(len(left)) > most_down_us):
            began = time.monotonic()
            more_us, done = _run_while_sending(sender, left, run)
            copy_us += (time.monotonic() - began) * 1e6
            used_us += more_us
            rounds.append(len(left))
            if done:
                return Migration(_kib(rounds), round(copy_us), 0, 0, used_us, True)
            before, left = len(left), written()
        stood = time.monotonic()
        registers = guest.ask(b"r", REGISTERS_BYTES)
        sender.send(left)
        sender.end()
        other.answer(1)
        other.ask(b"w" + registers, 1)
        down_us = round((time.monotonic() - stood) * 1e6)
    except OSError as error:
        raise SimulationError(f"its pages do not arrive ({error}), and it stays where it is") from error
    return Migration(_kib(rounds), round(copy_us), len(left) * PAGE_BYTES // 1024, down_us, used_us, False)


def _run_while_sending(sender: PageSender, numbers: Sequence[int], run: Callable[[int, int], Slice]) -> tuple[int, bool]:
    """Returns what service the guest had until all was sent, and whether it is done."""
    used_us, done = 0, False
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(sender.send, numbers)
        try:
            while not done and not sent.done():
                slice_ = run(SLICE_US, SLICE_US)
                used_us, done = used_us + slice_.used_us, slice_.done
        finally:
            if not sent.done():
                sender.call_off()
        sent.result()
    return used_us, done


def _kib(pages: Sequence[int]) -> tuple[int, ...]:
    return tuple(number * PAGE_BYTES // 1024 for number in pages)
