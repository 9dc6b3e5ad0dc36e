"""What goes into a batch of runs and comes out of it at a turn, and the few codes that stand in it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmenv.host import columns as c
from vmenv.host.state import Floats, Ints
from vmenv.jit import jittable

BEGIN, PASS = -(2**62), -(2**62) - 1  # commands that nobody gives as an action by mistake: begin an episode, leave the run alone
GOING, TERMINATED, TRUNCATED, NOT_BEGUN, FAILED = range(5)  # phases of a run


class Exchange(NamedTuple):
    """What goes into a batch of B runs and comes out of it at a turn, beside the observations."""

    commands: Ints  # (B,): what to do, of which the kind of decision says what it means, BEGIN or PASS
    rewards: Floats  # (B,), written: minus the cost of the time that passed, times the scale; 0 at BEGIN and PASS
    scales: Floats  # (B,): what the cost of each run is multiplied by
    phase: NDArray[np.int8]  # (B,), written: GOING, TERMINATED, TRUNCATED, NOT_BEGUN or FAILED (the clock would go too far)
    failed: NDArray[np.int8]  # (1,), written: 1 if a run was FAILED; who has seen to it sets it back
    clock_us: Ints  # (B,), written: the time, once more: side by side, as nowhere in the state


def allocate_exchange(num_runs: int) -> Exchange:
    """Returns the buffers of runs that have not begun."""
    return Exchange(
        commands=np.full(num_runs, PASS, np.int64),
        rewards=np.zeros(num_runs),
        scales=np.zeros(num_runs),
        phase=np.full(num_runs, NOT_BEGUN, np.int8),
        failed=np.zeros(1, np.int8),
        clock_us=np.zeros(num_runs, np.int64),
    )


@jittable
def note_turn(io: Exchange, r: int, state: int, clock_us: int) -> None:
    """Writes down where run `r` stands after its turn: the phase that its state (`vmenv.host.columns.GOING` ...) means, and the clock."""
    phase = FAILED
    if state == c.GOING:
        phase = GOING
    elif state == c.DONE:
        phase = TERMINATED
    elif state == c.HORIZON_REACHED:
        phase = TRUNCATED
    else:
        io.failed[0] = 1
    io.phase[r], io.clock_us[r] = phase, clock_us
