"""The benchmark's page and its raw numbers."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from experiments.bench.contender import Contender, Sample
from experiments.bench.measure import Measured

BASE_SLOTS = 16


class Spread(NamedTuple):
    """Median, least and most over the rounds."""

    median: float
    least: float
    most: float


class Pair(NamedTuple):
    """One of ours beside one yardstick; the ratio is taken in each round."""

    ours: str
    yardstick: str
    ratio: Spread


def spread(values: Sequence[float]) -> Spread:
    """Returns the spread of some numbers."""
    return Spread(statistics.median(values), min(values), max(values))


def rate(samples: Sequence[Sample]) -> Spread:
    """Returns the spread of the rates."""
    return spread([sample.rate for sample in samples])


def ratio(samples: Sequence[Sample], others: Sequence[Sample]) -> Spread:
    """Returns the spread of the ratios of two rates, round by round."""
    return spread([sample.rate / other.rate for sample, other in zip(samples, others, strict=True)])


def pairs(contenders: Mapping[str, Contender], measured: Measured) -> Iterator[Pair]:
    """Yields every one of ours beside each of its yardsticks, where both were measured."""
    samples = measured.samples
    for name, contender in contenders.items():
        for other in contender.yardsticks:
            if name in samples and other in samples:
                yield Pair(name, other, ratio(samples[name], samples[other]))


def growth(contenders: Mapping[str, Contender], measured: Measured) -> dict[str, dict[int, tuple[Spread, Spread]]]:
    """Returns, for each series and number of slots, the rate, and the cost of a decision relative to the one at 16 slots."""
    points: dict[str, dict[int, Sequence[Sample]]] = {}
    for name, contender in contenders.items():
        if contender.growth is not None and name in measured.samples:
            series, slots = contender.growth
            points.setdefault(series, {})[slots] = measured.samples[name]
    return {
        series: {slots: (rate(by_slots[slots]), ratio(by_slots[BASE_SLOTS], by_slots[slots])) for slots in sorted(by_slots)}
        for series, by_slots in points.items()
        if BASE_SLOTS in by_slots
    }


def markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table; columns of numbers stand to the right."""
    numeric = [any(row[k].replace("*", "")[:1].isdigit() for row in rows) for k in range(len(headings))]
    lines = [headings, ["---:" if right else "---" for right in numeric], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def number(value: float) -> str:
    """Returns three digits that count, with commas."""
    if value >= 100:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


def between(values: Spread) -> str:
    """Returns least and most."""
    return f"{number(values.least)} .. {number(values.most)}"


def pair_table(contenders: Mapping[str, Contender], measured: Measured) -> str:
    """Returns ours beside the yardsticks."""
    rows = []
    for pair in pairs(contenders, measured):
        ours, other = rate(measured.samples[pair.ours]), rate(measured.samples[pair.yardstick])
        names = [contenders[pair.ours].title, number(ours.median), contenders[pair.yardstick].title, number(other.median)]
        rows.append([*names, f"**{number(pair.ratio.median)}**", between(pair.ratio)])
    return markdown(["contender", "a second", "yardstick", "a second", "ratio", "least .. most"], rows)


def rate_table(contenders: Mapping[str, Contender], measured: Measured) -> str:
    """Returns all that was measured a round, the fastest on top, without the growth curves."""
    shown = [name for name in measured.samples if contenders[name].growth is None and not contenders[name].once]
    rows = []
    for name in sorted(shown, key=lambda name: -rate(measured.samples[name]).median):
        contender, values = contenders[name], rate(measured.samples[name])
        rows.append([contender.title, contender.unit, number(values.median), between(values), contender.about])
    return markdown(["contender", "unit", "a second", "least .. most", "what is measured"], rows)


def growth_table(contenders: Mapping[str, Contender], measured: Measured) -> str:
    """Returns the growth curves."""
    curves = growth(contenders, measured)
    headings = ["slots"] + [text for series in curves for text in (f"{series}, decisions a second", "cost / that at 16", "least .. most")]
    rows = []
    for slots in sorted({slots for curve in curves.values() for slots in curve}):
        cells = [str(slots)]
        for curve in curves.values():
            speed, cost = curve.get(slots, (None, None))
            cells += ["-"] * 3 if speed is None or cost is None else [number(speed.median), number(cost.median), between(cost)]
        rows.append(cells)
    return markdown(headings, rows)


def raw(measured: Measured) -> str:
    """Returns every sample as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["contender", "round", "count", "seconds", "rate"])
    for name, samples in measured.samples.items():
        for k, sample in enumerate(samples):
            writer.writerow([name, k, f"{sample.count:.0f}", f"{sample.seconds:.6f}", f"{sample.rate:.1f}"])
    return text.getvalue()
