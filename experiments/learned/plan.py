"""What is trained and what is claimed of it. Every line is checked on the evaluation episodes each time that the page is made."""

from __future__ import annotations

from dataclasses import dataclass

from vmenv.episodes.seeds import EVALUATION_SEEDS

TRAINING_SEEDS = range(5)
DECISIONS = 60_000_000  # of each index policy, and of the tuning of each heuristic
WIDE = "thrash-index-wide"  # name of the run that mixes loads and slot counts


@dataclass(frozen=True)
class Claim:
    """That the learned policies' cost is at most so many times a rival's.

    Attributes:
        rival: Name of a scheduler; "tuned x": scheduler x as tuned; "best tuned": the tuned heuristic that is best on the validation
            episodes; "best untuned": the scheduler with its defaults that is best on the evaluation episodes, clairvoyant ones left out.
        at_most: The ratio.
        is_optimal: Whether no policy of the same information can be better, so that a ratio well below 1 is a mistake somewhere.
    """

    rival: str
    at_most: float
    is_optimal: bool = False


@dataclass(frozen=True)
class Plan:
    """A scenario and its claims.

    Attributes:
        scenario: Its name.
        claims: What must hold.
        tunes: Whether heuristics are tuned for it: not on the controls, where the optimum is known.
        searches: Whether schedules are searched that beat SRPT: not where it is next to the bound, or far from what is good.
        decisions: Of every training run.
        validation: Validation episodes by which the best of a run is chosen.
        episodes: Evaluation episodes, seeds from 0 on.
        options: Of the index policies' runs, as on the command line, where the defaults of `agent=index` are not good.
    """

    scenario: str
    claims: tuple[Claim, ...]
    tunes: bool = True
    searches: bool = False
    decisions: int = DECISIONS
    validation: int = 50
    episodes: int = len(EVALUATION_SEEDS)
    options: tuple[str, ...] = ()


# Nothing matters in `gang` but how many VMs of each kind there are. An episode is long, so that few of them tell candidates apart; but the
# optimum is less than 2 % below the tuned rule, and a hundred episodes cannot tell even the two of them apart.
GANG_OPTIONS = (
    "agent.features=[cpu, age_long]",
    "agent.host_features=[runnable, running, runnable_whole, largest_cpu]",
    "agent.episodes=4",
    "agent.most_episodes=16",
)

PLANS = (
    Plan(
        "thrash",
        (Claim("best tuned", 0.75), Claim("best untuned", 0.60), Claim("srpt", 1.08)),
        searches=True,
        decisions=200_000_000,
        validation=200,
        episodes=500,
    ),
    Plan("mystery", (Claim("gittins_told", 1.10), Claim("tuned mlfq", 1.0), Claim("best tuned", 1.0))),
    Plan(
        "gang",
        (Claim("tuned drain", 1.0), Claim("tuned msfq", 1.0), Claim("gang_optimal", 1.05, is_optimal=True)),
        decisions=150_000_000,
        validation=200,
        episodes=500,
        options=GANG_OPTIONS,
    ),
    Plan("bursts", (Claim("tuned polling", 0.95), Claim("phase_aware", 1.0)), decisions=25_000_000),
    Plan("tenants", (Claim("best tuned", 1.0), Claim("best untuned", 1.0), Claim("srpt", 1.1)), searches=True),
    Plan("neighbours", (Claim("best tuned", 0.75), Claim("best untuned", 1.0), Claim("pairing", 1.1))),
    Plan("backup", (Claim("best tuned", 1.0), Claim("best untuned", 1.0)), validation=200, episodes=500),
    Plan("overcommit", (Claim("best tuned", 1.0), Claim("best untuned", 1.0)), validation=200, episodes=500),
    Plan("mm1", (Claim("fcfs", 1.01, is_optimal=True),), tunes=False, decisions=20_000_000),
    Plan("mg1_known", (Claim("srpt", 1.01, is_optimal=True),), tunes=False, validation=200),
    Plan("mmc_known", (Claim("fcfs", 1.01, is_optimal=True),), tunes=False, decisions=20_000_000),
)

# Domain randomisation: what the run WIDE mixes, and where it is looked at.
TRAINED_LOADS, TRAINED_SLOTS = (0.5, 0.7, 0.85), (16, 32)
LOADS, SLOTS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9), (12, 16, 24, 32, 64)
