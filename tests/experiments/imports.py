"""What every program of the checkout imports before it looks at its arguments: some seconds, done once for all that `call` begins."""

import experiments.leaderboard
import experiments.train  # noqa: F401
from agents.training.agent import AGENTS
from vmenv.jit import numba_module

for name in AGENTS.names():
    AGENTS[name]
numba_module()
