"""Results of several machines side by side: each keeps its own numbers and facts, and the page reads them all."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from experiments.bench.contender import Contender, Sample
from experiments.bench.measure import Measured
from experiments.bench.table import markdown, number, pairs, raw
from vmenv.episodes.files import write_whole

FOLDER = "bench"


class Machine(NamedTuple):
    """What was measured on one."""

    facts: Mapping[str, Any]
    measured: Measured


def keep(folder: Path, name: str, machine: Machine) -> None:
    """Writes a machine's samples and facts beside those of others."""
    write_whole(folder / FOLDER / f"{name}.csv", raw(machine.measured))
    write_whole(folder / FOLDER / f"{name}.json", json.dumps(machine.facts, indent=2) + "\n")


def kept(folder: Path) -> dict[str, Machine]:
    """Returns all machines whose numbers lie in a folder, by name."""
    return {file.stem: _read(file) for file in sorted((folder / FOLDER).glob("*.csv"))}


def _read(file: Path) -> Machine:
    samples: dict[str, list[Sample]] = {}
    with file.open(newline="") as lines:
        for row in csv.DictReader(lines):
            samples.setdefault(row["contender"], []).append(Sample(float(row["count"]), float(row["seconds"])))
    return Machine(json.loads(file.with_suffix(".json").read_text()), Measured(samples))


def machines_table(contenders: Mapping[str, Contender], machines: Mapping[str, Machine]) -> str:
    """Returns the ratios of all pairs, a column a machine."""
    ratios = {
        name: {(pair.ours, pair.yardstick): pair.ratio.median for pair in pairs(contenders, machine.measured)}
        for name, machine in machines.items()
    }
    rows = []
    for key in dict.fromkeys(key for found in ratios.values() for key in found):
        ours, yardstick = (contenders[name].title for name in key)
        rows.append([ours, yardstick, *(number(found[key]) if key in found else "-" for found in ratios.values())])
    return markdown(["contender", "yardstick", *machines], rows)


def facts_line(facts: Mapping[str, Any]) -> str:
    """Returns a machine's facts in words."""
    busy = "" if facts.get("load") is None else f", on which other programs had a load of {facts['load']:.1f} before it began"
    caches = ", ".join(f"{level} {size}" for level, size in facts.get("caches", {}).items())
    latency = ", ".join(f"{ns:g} ns in {size}" for size, ns in facts.get("latency_ns", {}).items())
    told = "".join(f" {what}: {value}." for what, value in (("Caches of a core", caches), ("A load from a random line", latency)) if value)
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    return f"{facts['processor']}, {facts['cores']} cores{busy}.{told} {facts['date']}, commit {facts['commit']}. Versions: {versions}."
