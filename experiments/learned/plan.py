"""What is trained and what is claimed of it. Every line is checked on the evaluation episodes each time that the page is made."""

from __future__ import annotations

from dataclasses import dataclass

TRAINING_SEEDS = range(5)
M = 1_000_000
LEARNED_DECISIONS = 40 * M  # of a network; the best heuristic is tuned with as many as the network and the formula below it together
CONTROL_DECISIONS = 10 * M  # of either, where little is to be learned
SCOUTING_DECISIONS = 2_400_000  # of every heuristic, before all but the best are dropped
WIDE_DECISIONS = 120_000_000
RETUNING_DECISIONS = 4_000_000  # of a heuristic at a setting that nobody was trained on
VALIDATION, EPISODES, CONTROL_EPISODES = 200, 500, 200
LONG_EPISODES = 300  # where an episode has thousands of decisions
JUDGED_EPISODES = 400  # on which the finalists of a run are judged
RIVAL = "best rival"
ON_FORMULA, ON_RIVAL, ALONE = "the formula of the same seed", "the best heuristic that was tuned with the same seed", "nothing"
WIDE = "thrash-index-wide"  # name of the run that mixes loads and slot counts


@dataclass(frozen=True)
class Claim:
    """That the learned policies' cost is at most so many times another's.

    Attributes:
        at_most: The ratio; the claim holds if the whole 95 % interval lies within it.
        against: RIVAL, or the name of a yardstick.
        statistic: Of the costs of the episodes, see `vmenv.leaderboard.score.paired_ratio`.
        is_optimal: Whether no policy of the same information can be better, so that a ratio well below 1 is a mistake somewhere.
    """

    at_most: float
    against: str = RIVAL
    statistic: str = "mean"
    is_optimal: bool = False


@dataclass(frozen=True)
class Plan:
    """A scenario and its claims.

    Attributes:
        scenario: Its name.
        claims: What must hold.
        formula_decisions: Of each training of a formula.
        optimum: Name of the optimal scheduler, on the controls: it is the rival, and nothing is tuned. Empty: the rival is looked for.
        yardsticks: Policies that may know more than others, or have been solved for, that the page shows beside.
        searches: Whether schedules are searched that beat SRPT: not where it is next to the bound, or far from what is good.
        learned_decisions: Of each training of a network.
        validation: Validation episodes by which the best of a run is chosen.
        episodes: Evaluation episodes, seeds from 0 on.
        builds_on: What networks build on: ON_FORMULA, ON_RIVAL or ALONE, whichever was best on validation episodes when they were planned.
        options: Of the networks' runs, as on the command line, where the defaults of `agent=index` are not good.
    """

    scenario: str
    claims: tuple[Claim, ...]
    formula_decisions: int
    optimum: str = ""
    yardsticks: tuple[str, ...] = ()
    searches: bool = False
    learned_decisions: int = LEARNED_DECISIONS
    validation: int = VALIDATION
    episodes: int = EPISODES
    builds_on: str = ON_FORMULA
    options: tuple[str, ...] = ()

    @property
    def tuned_decisions(self) -> int:
        """Of the tuning of each heuristic: what formula and network have; one that builds on a tuned heuristic has that tuning besides."""
        return self.formula_decisions + self.learned_decisions


def control(scenario: str, optimum: str) -> Plan:
    """Returns the plan of a scenario whose optimum is known: learning must find that, and cannot do better."""
    return Plan(
        scenario,
        (Claim(1.0, is_optimal=True),),
        CONTROL_DECISIONS,
        optimum=optimum,
        learned_decisions=CONTROL_DECISIONS,
        episodes=CONTROL_EPISODES,
    )


# Episodes of thousands of decisions leave time for few candidates: of a smaller network more of the weights find their place.
SMALL = ("agent.hidden=4",)

PLANS = (
    Plan("thrash", (Claim(0.85),), 40 * M, yardsticks=("srpt",), searches=True, learned_decisions=80 * M, builds_on=ALONE),
    Plan("neighbours", (Claim(0.97),), 100 * M, yardsticks=("pairing_idle",), episodes=LONG_EPISODES, options=SMALL),
    Plan("tenants", (Claim(0.97),), 140 * M, yardsticks=("srpt",), searches=True, episodes=LONG_EPISODES, options=SMALL),
    Plan("bursts", (Claim(0.98),), 30 * M, learned_decisions=10 * M, options=SMALL),
    Plan("overcommit", (Claim(0.95), Claim(0.95, statistic="median")), 70 * M, builds_on=ON_RIVAL, options=SMALL),
    Plan(
        "gang",
        (Claim(0.99), Claim(1.01, "gang_optimal", is_optimal=True)),
        60 * M,
        yardsticks=("gang_optimal",),
        builds_on=ON_RIVAL,
        options=(*SMALL, "agent.features=[cpu,age_long]", "agent.host_features=[runnable,running,runnable_whole,largest_cpu]"),
    ),
    Plan("mystery", (Claim(0.98),), 80 * M, yardsticks=("gittins_told",), episodes=LONG_EPISODES, options=SMALL),
    Plan("backup", (Claim(0.97),), 70 * M, builds_on=ON_RIVAL, options=SMALL),
    control("mm1", "fcfs"),
    control("mg1_known", "srpt"),
    control("mmc_known", "fcfs"),
)

# Domain randomisation: what the run WIDE mixes, and where it is looked at.
TRAINED_LOADS, TRAINED_SLOTS = (0.5, 0.7, 0.85), (16, 32)
LOADS, SLOTS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9), (12, 16, 24, 32, 64)

# Settings that no policy was trained on and no heuristic was tuned for.
ELSEWHERE: dict[str, tuple[dict[str, float], ...]] = {
    "thrash": ({"load": 0.5}, {"load": 0.85}, {"full_paging_us": 3_000_000}),
    "neighbours": ({"load": 0.6}, {"num_classes": 3}, {"num_classes": 6}),
    "tenants": ({"load": 0.7}, {"load": 0.9}),
    "bursts": ({"reload_us": 800_000}, {"reload_us": 3_200_000}, {"num_tenants": 3}),
    "overcommit": ({"load": 0.6}, {"pool_images": 6.0}),
    "gang": ({"large_rate": 0.3}, {"large_rate": 0.5}),
    "mystery": ({"num_labels": 4}, {"load": 0.9}),
    "backup": ({"load": 0.75}, {"pool_images": 6.0}),
}
EPISODES_ELSEWHERE = 200
