"""What programs of the checkout import and load, whatever they are asked: some seconds, done once for all that `call` begins."""

import cma  # noqa: F401  # for its side effect: it is loaded, for searches load it late
import matplotlib.pyplot  # noqa: F401  # likewise, for pictures

import experiments.leaderboard
import experiments.train  # noqa: F401  # likewise: Hydra, torch and what trains
from agents.training.agent import AGENTS
from vmenv.dispatch.simulation import simulate
from vmenv.host.spec import Host
from vmenv.jit import code_digest
from vmenv.workload import Workload

for name in AGENTS.names():
    AGENTS[name]
code_digest()
simulate(Host(), Workload.from_arrays([0, 1], [2, 3]), "tsrr")
