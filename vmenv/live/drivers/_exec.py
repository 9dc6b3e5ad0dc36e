"""Becomes another program, which the kernel ends with the process that started it. It imports nothing of vmenv.

It is run as `python -I -S -E _exec.py MANAGER PROGRAM [ARGUMENT ...]`. The wish to be ended outlives `exec`, and programs that are not ours
cannot be asked to utter it themselves.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG, SIGKILL = 1, 9


def main() -> None:
    """Runs what the command line says."""
    manager, program = int(sys.argv[1]), sys.argv[2]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    if os.getppid() == manager:  # else it died before it was asked to take this with it
        os.execv(program, sys.argv[2:])


if __name__ == "__main__":
    main()
