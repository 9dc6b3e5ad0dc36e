"""From what a scenario of shares has drawn to tables that runs can play: checks, order of arrival, limits."""

from __future__ import annotations

from vmenv.checks import LARGEST
from vmenv.host import columns as h
from vmenv.host import given
from vmenv.host.columns import NUM_USES
from vmenv.host.state import Ints
from vmenv.jit import jittable
from vmenv.share.state import Runs
from vmenv.workload.drawing import DOUBTFUL, NUM_PHASES, NUM_VMS, OK, STATUS, TOO_LARGE, Drawn, is_sound, put_in_order


def place(runs: Runs, drawn: Drawn, weight_is_vcpus: int, first: int, past: int) -> int:
    """Finishes the tables of the episodes `[first, past)`, but for those that are too large or doubtful. Returns 0.

    Args:
        runs: Whose tables they are in; a run has one.
        drawn: The episodes.
        weight_is_vcpus: Whether the weight of a VM limits what it can use; else the host does.
        first: The first episode of this call.
        past: One past the last.
    """
    for k in range(first, past):
        if drawn.found[k, STATUS] == TOO_LARGE:
            continue
        r, num_vms, num_phases = drawn.tables[k], drawn.found[k, NUM_VMS], drawn.found[k, NUM_PHASES]
        vms, phases = runs.vms[r], runs.phases[r]
        sound = is_sound(vms, phases, runs.vms[r][:0], num_vms, num_phases) and _adds_up(phases, num_phases)
        drawn.found[k, STATUS] = OK if sound else DOUBTFUL
        if sound:
            put_in_order(vms, phases, num_vms)
            runs.num_vms[r] = num_vms
            for i in range(num_vms):
                runs.limits[r, i] = min(1000 * vms[i, given.WEIGHT], LARGEST) if weight_is_vcpus else runs.capacity[0]
    return 0


@jittable
def _adds_up(phases: Ints, num_phases: int) -> bool:
    """Returns whether the demands x their times certainly add up to less than 64 bits hold."""
    for use in range(NUM_USES):
        total = 0.0
        for i in range(num_phases):
            total += float(phases[i, use]) * float(phases[i, h.PHASE_WORK_US])
        if total > 0.9 * h.NEVER:
            return False
    return True
