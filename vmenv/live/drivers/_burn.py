"""The program of a process guest: it burns CPU time in equal pieces until its work is done. It imports nothing of vmenv.

It is run as `python -I -S -E _burn.py MANAGER PIECES`. It writes R when it is ready, begins when it is sent G, and writes D when it is
done. p and a number of 64 bits, at any time, is other work in place of what is left, so many pieces; it answers P and waits for G.
"""

import ctypes
import os
import select
import signal
import struct
import sys
from binascii import crc32
from itertools import repeat

PR_SET_PDEATHSIG = 1
BLOCK = bytes(4096)  # in the first cache, and short enough for crc32 to keep the interpreter's lock
LOOK_EACH = 256  # pieces, some quarter of a ms: then it sees whether there is other work


def main() -> None:
    """Burns what the command line says."""
    manager, left = int(sys.argv[1]), int(sys.argv[2])
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != manager:  # which died before it was asked to take this with it
        return
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # which says that there is an order: that is seen anyway
    os.write(1, b"R")
    orders = select.poll()
    orders.register(0, select.POLLIN)
    total, left = 0, take_order(left)
    while True:
        while left > 0:
            some = min(left, LOOK_EACH)
            for _ in repeat(None, some):
                total = crc32(BLOCK, total)
            left -= some
            if orders.poll(0):
                left = take_order(left)
        os.write(1, b"D")
        left = take_order(0)  # until it is ended: what its end costs is not work


def take_order(left: int) -> int:
    """Waits until it is to go on, and returns how many pieces are to be done then."""
    while (order := os.read(0, 1)) == b"p":
        (left,) = struct.unpack("<Q", os.read(0, 8))
        os.write(1, b"P")
    if order != b"G":
        sys.exit(0)
    return left


if __name__ == "__main__":
    main()
