"""Where learned policies that look at named features keep what, in the memory of the run.

What is learned in the run stands behind (`vmenv.dispatch.loop.experience.NUM_SEEN`).
"""

from __future__ import annotations

from vmenv.dispatch.index.features import HOST_FEATURES, VM_FEATURES
from vmenv.dispatch.loop.experience import NUM_SEEN
from vmenv.dispatch.loop.looks import MOST_CLASSES, WAITING_CLASSES
from vmenv.jit.simd import FOUR

MAX_HIDDEN = 32  # units of a network
STACK_SIZE = 16  # numbers that a formula may keep at once
MOST_FEATURES = 32

WAIT = 0  # what waiting is worth
CONTEXT = FOUR  # hidden units before a VM is looked at
VALUES = CONTEXT + MAX_HIDDEN  # features, of VMs
HOST_VALUES = VALUES + MOST_FEATURES  # of the host
USED = HOST_VALUES + MOST_FEATURES  # those that a network uses, in its order
STACK = USED + MOST_FEATURES
assert max(len(VM_FEATURES), len(HOST_FEATURES)) <= MOST_FEATURES
assert STACK + STACK_SIZE <= WAITING_CLASSES
assert WAITING_CLASSES + MOST_CLASSES <= NUM_SEEN
