"""The columns of the observation that tell what the run has taught about sizes so far, which a policy without a memory cannot know.

`vmenv.dispatch.loop.experience` says how it is learned; the columns are listed in `vmenv.dispatch.observation.HISTORY_FEATURES`.
"""

from __future__ import annotations

from vmenv.dispatch.loop.experience import learn, learned_index, num_seen
from vmenv.dispatch.observation import EXPECTED_LEFT, NUM_HISTORY, PROMISE, SEEN, Observations, squash
from vmenv.host import columns as c
from vmenv.host.state import State
from vmenv.jit import jittable


@jittable
def observe_history(s: State, out: Observations, tau: float) -> None:
    """Writes the columns of a run that has them."""
    if out.vms.shape[1] != NUM_HISTORY:
        return
    learn(s)
    quantum_us = s.host[c.QUANTUM_US]
    for i in range(s.run[c.TOP_SLOT]):
        if s.slots[i, c.STATUS] != c.EMPTY:
            tenant, attained = s.slots[i, c.TENANT], s.slots[i, c.ATTAINED_US]
            index = learned_index(s.run_memory, tenant, attained, quantum_us) / quantum_us
            out.vms[i, SEEN] = squash(num_seen(s.run_memory, tenant), 4.0)
            out.vms[i, PROMISE] = squash(tau * index, 1.0)
            out.vms[i, EXPECTED_LEFT] = squash(max(0, s.slots[i, c.ESTIMATE_US] - attained), tau)
