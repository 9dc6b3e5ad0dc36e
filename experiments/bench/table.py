"""The benchmark's page and its raw numbers."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from experiments.bench.contender import AXES, Contender, Sample
from experiments.bench.measure import Measured


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


def growth(contenders: Mapping[str, Contender], measured: Measured, axis: str = "slots") -> dict[str, dict[int, tuple[Spread, Spread]]]:
    """Returns, for each series along an axis and each number on it, the rate, and the cost of a decision relative to that at the base."""
    points: dict[str, dict[int, Sequence[Sample]]] = {}
    for name, contender in contenders.items():
        if contender.growth is not None and contender.axis == axis and name in measured.samples:
            series, where = contender.growth
            points.setdefault(series, {})[where] = measured.samples[name]
    base = AXES[axis]
    return {
        series: {where: (rate(by_number[where]), ratio(by_number[base], by_number[where])) for where in sorted(by_number)}
        for series, by_number in points.items()
        if base in by_number
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


def growth_table(contenders: Mapping[str, Contender], measured: Measured, axis: str = "slots") -> str:
    """Returns the growth curves along an axis."""
    curves, base = growth(contenders, measured, axis), AXES[axis]
    columns = [text for series in curves for text in (f"{series}, decisions a second", f"cost / that at {base}", "least .. most")]
    rows = []
    for where in sorted({where for curve in curves.values() for where in curve}):
        cells = [str(where)]
        for curve in curves.values():
            speed, cost = curve.get(where, (None, None))
            cells += ["-"] * 3 if speed is None or cost is None else [number(speed.median), number(cost.median), between(cost)]
        rows.append(cells)
    return markdown([axis, *columns], rows)


def growth_tables(contenders: Mapping[str, Contender], measured: Measured) -> str:
    """Returns the growth curves along all axes."""
    return "\n".join(growth_table(contenders, measured, axis) for axis in AXES)


def raw(measured: Measured) -> str:
    """Returns every sample as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["contender", "round", "count", "seconds", "rate"])
    for name, samples in measured.samples.items():
        for k, sample in enumerate(samples):
            writer.writerow([name, k, f"{sample.count:.0f}", f"{sample.seconds:.6f}", f"{sample.rate:.1f}"])
    return text.getvalue()
