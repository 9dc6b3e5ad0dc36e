"""The program of a process guest: it burns CPU time in equal pieces until its work is done. It imports nothing of vmenv.

It is run as `python -I -S -E _burn.py MANAGER PIECES`. It writes R when it is ready, begins when it is sent a byte, and writes D when it is
done.
"""

import ctypes
import os
import sys
from binascii import crc32
from itertools import repeat

PR_SET_PDEATHSIG, SIGKILL = 1, 9
BLOCK = bytes(4096)  # in the first cache, and short enough for crc32 to keep the interpreter's lock


def main() -> None:
    """Burns what the command line says."""
    manager, pieces = int(sys.argv[1]), int(sys.argv[2])
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    if os.getppid() != manager:  # which died before it was asked to take this with it
        return
    os.write(1, b"R")
    if not os.read(0, 1):
        return
    total = 0
    for _ in repeat(None, pieces):
        total = crc32(BLOCK, total)
    os.write(1, b"D")
    os.read(0, 1)  # until it is ended: what its end costs is not work


if __name__ == "__main__":
    main()
