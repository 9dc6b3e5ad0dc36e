"""The unit of work of a comparison: one policy on a few episodes of one scenario, named by the hash of all that decides what comes out.

Whoever has the same unit has the same rows. So nothing is played twice, nothing counts twice, what is interrupted goes on, and it does not
matter on which machines units were played.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vmenv.episodes.evaluation import evaluate
from vmenv.episodes.files import write_whole
from vmenv.episodes.scenario import Scenario
from vmenv.errors import SpecError
from vmenv.jit.sources import code_digest
from vmenv.leaderboard.entrants import Entrant
from vmenv.leaderboard.origin import Origin
from vmenv.leaderboard.suites import scenario_digest

FORMAT = 1
EPISODES = 25  # of a unit: a second of work or more for most policies
Row = dict[str, Any]


@dataclass(frozen=True)
class Unit:
    """What is to be played.

    Attributes:
        scenario: Name and parameters, as `Scenario.describe` tells them.
        scenario_digest: Of these.
        policy: What leads to the policy.
        policy_digest: Of the policy.
        information: What the policy may look at.
        code: Digest of the code that decides what a run does (`vmenv.jit.code_digest`).
        first: The first seed.
        past: One past the last.
    """

    scenario: dict[str, Any]
    scenario_digest: str
    policy: str
    policy_digest: str
    information: str
    code: str
    first: int
    past: int

    @property
    def key(self) -> str:
        """The unit's name. What a policy is called does not matter, nor what it says that it looks at."""
        told = [FORMAT, self.scenario_digest, self.policy_digest, self.code, self.first, self.past]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def units_of(entrant: Entrant, scenario: Scenario, seeds: range) -> Iterator[Unit]:
    """Yields the units of a policy on a range of episodes."""
    about = (scenario.describe(), scenario_digest(scenario), entrant.reference, entrant.digest, entrant.information, code_digest())
    for first in range(seeds.start, seeds.stop, EPISODES):
        yield Unit(*about, first, min(first + EPISODES, seeds.stop))


def play(unit: Unit, entrant: Entrant, scenario: Scenario) -> list[Row]:
    """Returns the rows of a unit."""
    return evaluate(entrant.policy, scenario, range(unit.first, unit.past))


class Store:
    """A folder of units that have been played.

    Args:
        folder: The folder; it is made if need be.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, unit: Unit) -> Path:
        """Returns where the rows of a unit lie."""
        return self._folder / f"{unit.key}.json"

    def missing(self, units: Sequence[Unit]) -> list[Unit]:
        """Returns those that have not been played, each once."""
        return [unit for unit in {unit.key: unit for unit in units}.values() if not self.path(unit).exists()]

    def keep(self, unit: Unit, rows: list[Row], origin: Origin, unit_s: float) -> None:
        """Writes the rows of a unit, and how many seconds they took, whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        told = {"format": FORMAT, "unit": asdict(unit), "origin": origin._asdict(), "unit_s": round(unit_s, 4), "rows": rows}
        part = self.path(unit).with_suffix(f".{os.getpid()}")  # two processes may play the same unit
        write_whole(part, json.dumps(told) + "\n")
        part.replace(self.path(unit))

    def rows(self, unit: Unit) -> list[Row]:
        """Returns the rows of a unit that was played, each with what it is a row of.

        Raises:
            SpecError: The file is not that of this unit, or damaged.
        """
        file = self.path(unit)
        try:
            told = json.loads(file.read_text())
            rows, origin, unit_s = told["rows"], Origin(**told["origin"]), float(told["unit_s"])
            seeds = [row["seed"] for row in rows]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SpecError(f"{file} is damaged ({error}): remove it, it will be played again") from error
        if told["unit"] != {**asdict(unit), "policy": told["unit"]["policy"], "information": told["unit"]["information"]}:
            raise SpecError(f"{file} holds another unit than its name says: remove it, it will be played again")
        if seeds != list(range(unit.first, unit.past)):
            raise SpecError(f"{file} has the episodes {seeds[:3]}... and not {unit.first} to {unit.past - 1}: remove it")
        return [about(unit, origin) | row | {"unit_s": unit_s} for row in rows]


def about(unit: Unit, origin: Origin) -> Row:
    """Returns the columns that say what a row is a row of."""
    parameters = {name: value for name, value in unit.scenario.items() if name != "kind"}
    return {
        "scenario": unit.scenario["kind"],
        "policy": unit.policy,
        "information": unit.information,
        "parameters": json.dumps(parameters, sort_keys=True),
        "scenario_digest": unit.scenario_digest,
        "policy_digest": unit.policy_digest,
        "code": unit.code,
        **origin._asdict(),
    }


def part_of(units: Sequence[Unit], part: str) -> list[Unit]:
    """Returns every n-th unit: what one of n machines plays, which need not know of each other.

    Args:
        units: All.
        part: "k/n", k from 1 to n, or from 0 to n - 1 as arrays of jobs count.

    Raises:
        SpecError: It is something else.
    """
    k, slash, n = part.partition("/")
    if not (slash and k.isdecimal() and n.isdecimal() and int(n) > 0 and int(k) <= int(n)):
        raise SpecError(f"part is {part!r}: give k/n, such as 3/64, k from 1 to n")
    return sorted(units, key=lambda unit: unit.key)[int(k) % int(n) :: int(n)]


def num_workers() -> int:
    """Returns how many processes play units by default: one for each core that this one may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
