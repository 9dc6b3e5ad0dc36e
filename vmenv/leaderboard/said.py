"""What rows say of themselves, and whether that can be: everything that is checked before an episode is played."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from vmenv.episodes.scenario import Scenario, make_scenario
from vmenv.episodes.seeds import EVALUATION_SEEDS
from vmenv.errors import SpecError
from vmenv.jit.sources import code_digest
from vmenv.leaderboard.entrants import Entrant, enter
from vmenv.leaderboard.rows import DIGEST_LENGTH
from vmenv.leaderboard.suites import scenario_digest
from vmenv.leaderboard.units import Row


class Finding(NamedTuple):
    """Something that is wrong, or worth knowing.

    Attributes:
        where: Scenario, policy, and the episode if it is about one.
        reason: What it is, and what to do.
    """

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


class Series(NamedTuple):
    """The rows of one policy on one scenario."""

    policy: str
    scenario: str
    rows: list[Row]

    @property
    def name(self) -> str:
        """Of both."""
        return f"{self.policy} on {self.scenario}"


def series_of(rows: Sequence[Row]) -> list[Series]:
    """Returns rows by policy and scenario."""
    groups: dict[tuple[str, str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["scenario"], row["parameters"], row["policy"], row["policy_digest"]].append(row)
    return [Series(policy, scenario, own) for (scenario, _, policy, _), own in groups.items()]


def contradictions(series: Series) -> Iterator[Finding]:
    """Yields what is wrong with what the rows say, before anything is made again."""
    counts = Counter(row["seed"] for row in series.rows)
    for seed, count in counts.items():
        if count > 1:
            yield Finding(f"{series.name}, episode {seed}", f"stands there {count} times: leave one, and evaluate again if they differ")
    absent = sorted(set(range(max(counts) + 1)) - counts.keys()) if max(counts) < EVALUATION_SEEDS.stop else []
    if absent:
        yield Finding(series.name, f"{len(absent)} episodes are missing, the first is {absent[0]}: give all from 0 to the last")
    beyond = [seed for seed in counts if seed not in EVALUATION_SEEDS]
    if beyond:
        yield Finding(
            series.name, f"episode {beyond[0]} is none of the evaluation episodes {EVALUATION_SEEDS.start} to {EVALUATION_SEEDS.stop - 1}"
        )
    for row in series.rows:
        where = f"{series.name}, episode {row['seed']}"
        broken = [name for name, value in row.items() if isinstance(value, float) and not math.isfinite(value)]
        if broken:
            yield Finding(where, f"{broken[0]} is {row[broken[0]]}, which is no finite number")
        if len(row["digest"]) < DIGEST_LENGTH:
            yield Finding(where, f"its digest has {len(row['digest'])} digits, {DIGEST_LENGTH} are the least: evaluate again")
    dirty = {row["commit"] for row in series.rows if row["commit"].endswith("-dirty")}
    if dirty:
        yield Finding(series.name, f"made by a checkout with changes ({dirty.pop()}): commit them, and evaluate again")
    if len({(row["scenario_digest"], row["code"]) for row in series.rows}) > 1:
        yield Finding(series.name, "rows of different code or scenarios are mixed: evaluate all of them again")


def made_again(series: Series, trusted: Collection[str]) -> tuple[Scenario, Entrant]:
    """Returns scenario and policy as the first row says them.

    Raises:
        VmenvError: There are none such, or the policy is code that nobody has consented to run.
    """
    row = series.rows[0]
    try:
        parameters: dict[str, Any] = json.loads(row["parameters"])
    except ValueError:
        parameters = None  # type: ignore[assignment]  # refused below
    if not isinstance(parameters, dict):
        raise SpecError(f"parameters are {row['parameters']!r}: give those of the scenario, as JSON")
    scenario: Scenario = make_scenario(row["scenario"], **parameters)
    return scenario, enter(row["policy"], scenario.kind, trusted)


def mistaken(series: Series, scenario: Scenario, entrant: Entrant) -> Iterator[Finding]:
    """Yields why the rows are not of the scenario and the policy that they name."""
    own = {"scenario_digest": scenario_digest(scenario), "policy_digest": entrant.digest}
    what = {
        "scenario_digest": "of another scenario than its parameters say",
        "policy_digest": "of another policy than is found under this name",
    }
    for name, digest in own.items():
        told = {row[name] for row in series.rows} - {digest}
        if told:
            yield Finding(series.name, f"{what[name]} ({name} {min(told)}, here {digest})")
    lacking = [row["seed"] for row in series.rows if scenario.objective not in row]
    if lacking:
        yield Finding(f"{series.name}, episode {lacking[0]}", f"{scenario.objective} is missing, which ranks: evaluate again")
    information = {row["information"] for row in series.rows} - {entrant.information}
    if information:
        yield Finding(series.name, f"says that it looks at {information.pop()!r}, and looks at {entrant.information!r}")


def other_code(series: Sequence[Series]) -> Iterator[Finding]:
    """Yields, for each version of the code but the one that is here, that rows were made by it.

    That alone is no lie: most changes of code change no number. Whether the numbers hold here, too, is said by the digests of the episodes
    that are played again.
    """
    here = code_digest()
    counts = Counter(row["code"] for one in series for row in one.rows if row["code"] != here)
    for code, count in counts.items():
        commits = {row["commit"] for one in series for row in one.rows if row["code"] == code}
        told = f"code {code}, commit {', '.join(sorted(commits))}; here {here}"
        yield Finding(f"{count} rows", f"made by other code than is here ({told}): they hold here as far as they are played again")
