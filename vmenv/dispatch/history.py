"""The columns of the observation that tell what the run has taught about sizes so far, which a policy without a memory cannot know.

`vmenv.dispatch.loop.experience` says how it is learned; the columns are `vmenv.dispatch.observation.HISTORY_FEATURES`.
"""

from __future__ import annotations

from vmenv.dispatch.features import vm as of
from vmenv.dispatch.features.forms import squash32
from vmenv.dispatch.loop.experience import learn
from vmenv.dispatch.loop.view import view_host, view_vm
from vmenv.dispatch.observation import AT_WITH_HISTORY, NUM_HISTORY, Observations
from vmenv.host import columns as c
from vmenv.host.state import State
from vmenv.jit import jittable, pinned


@jittable
def observe_history(s: State, out: Observations, tau: float) -> None:
    """Writes the columns of a run that has them."""
    if out.vms.shape[1] != NUM_HISTORY:
        return
    learn(s)
    host = pinned(view_host(s))
    for i in range(s.run[c.TOP_SLOT]):
        if s.front[i, c.STATUS] != c.EMPTY:
            vm = pinned(view_vm(s, i))
            out.vms[i, AT_WITH_HISTORY.seen] = squash32(of.seen(vm, host, tau))
            out.vms[i, AT_WITH_HISTORY.promise] = squash32(of.promise(vm, host, tau))
            out.vms[i, AT_WITH_HISTORY.expected_left] = squash32(of.expected_left(vm, host, tau))
