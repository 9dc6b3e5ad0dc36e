"""What no policy can beat, and how near one can come: lower bounds of episodes, exact optima of small instances and of Markov models.

None of it is needed to simulate; `optimum` and `linear_bound` need scipy (`pip install vmenv[bounds]`).
"""

from vmenv.bounds.exact import Optimum, linear_bound, optimum
from vmenv.bounds.gang_optimal import GangOptimal, gang_optimal
from vmenv.bounds.improve import Improved, ScaledSrpt, improve, improve_episode
from vmenv.bounds.markov import OneOrAll, solve_one_or_all
from vmenv.bounds.relaxation import Bound, lower_bound, lower_bounds

__all__ = [
    "Bound",
    "GangOptimal",
    "Improved",
    "OneOrAll",
    "Optimum",
    "ScaledSrpt",
    "gang_optimal",
    "improve",
    "improve_episode",
    "linear_bound",
    "lower_bound",
    "lower_bounds",
    "optimum",
    "solve_one_or_all",
]
