"""Mutants of scores, intervals and the table of the leaderboard."""

from __future__ import annotations

from experiments.mutants.part import ENOUGH, Part

PART = Part(
    about="scores, intervals and the table of the leaderboard",
    tests=(("tests/leaderboard", ENOUGH),),
    rows={
        "vmenv/leaderboard/score.py": [
            ("an interval is one of 90 %", "low, high = np.percentile(means, [2.5, 97.5])", "low, high = np.percentile(means, [5, 95])"),
            (
                "the lower end of an interval is the 5 % quantile",
                "low, high = np.percentile(means, [2.5, 97.5])",
                "low, high = np.percentile(means, [5, 97.5])",
            ),
            (
                "the interval of a ratio is one of 90 %",
                "low, high = np.percentile(ratios, [2.5, 97.5])",
                "low, high = np.percentile(ratios, [5, 95])",
            ),
            (
                "quantiles are fractions, not per cent",
                "low, high = np.percentile(means, [2.5, 97.5])",
                "low, high = np.percentile(means, [0.025, 0.975])",
            ),
            (
                "a resample leaves the last episode out",
                "means = np.array([values[rng.integers(0, len(values), len(values))]",
                "means = np.array([values[rng.integers(0, len(values) - 1, len(values))]",
            ),
            (
                "a resample has half the episodes",
                "means = np.array([values[rng.integers(0, len(values), len(values))]",
                "means = np.array([values[rng.integers(0, len(values), len(values) // 2)]",
            ),
            (
                "a mean is that of the resamples",
                "return Interval(float(values.mean()), float(low)",
                "return Interval(float(means.mean()), float(low)",
            ),
            ("a single episode has an interval", "if len(values) < 2:", "if len(values) < 1:"),
            (
                "a difference is that of the other two",
                "return bootstrap_mean(values - reference, resamples, seed)",
                "return bootstrap_mean(reference - values, resamples, seed)",
            ),
            (
                "differences are not paired",
                "return bootstrap_mean(values - reference, resamples, seed)",
                "return bootstrap_mean(values - np.sort(reference), resamples, seed)",
            ),
            (
                "a ratio is resampled apart above and below",
                "ratios = drawn.statistics(own, drawn.own_runs, statistic) / drawn.statistics(other, others, statistic)",
                "ratios = drawn.statistics(own, drawn.own_runs, statistic) / point(other, statistic)",
            ),
            (
                "a ratio is the mean of ratios",
                "ratio = np.float64(point(own, statistic)) / point(other, statistic)",
                "ratio = np.float64((own / other.mean(axis=0)).mean())",
            ),
            ("an interval that ends at zero excludes it", "return self.low > 0 or self.high < 0", "return self.low >= 0 or self.high <= 0"),
            ("a change of unit leaves the upper end as it is", "self.low * factor, self.high * factor)", "self.low * factor, self.high)"),
        ],
        "vmenv/leaderboard/resampling.py": [
            (
                "training runs are not resampled",
                "own[k] = np.bincount(rng.integers(0, num_own, num_own), minlength=num_own)",
                "own[k] = rng.integers(0, num_own, num_own) * 0 + 1",
            ),
        ],
        "vmenv/leaderboard/board.py": [
            ("policies that were played on other episodes are compared", "if own != seeds[first]:", "if len(own) != len(seeds[first]):"),
            ("the worst policy stands first", "(bool(entry.missing), entry.score.mean))", "(bool(entry.missing), -entry.score.mean))"),
            (
                "policies are ordered by the ends of their intervals",
                "(bool(entry.missing), entry.score.mean))",
                "(bool(entry.missing), -entry.score.high))",
            ),
            ("columns are not scaled", "{column.scale * float(np.mean(", "{float(np.mean("),
            ("seconds are milliseconds", 'return (f"{plain}, s", 1e-6)', 'return (f"{plain}, s", 1e-3)'),
        ],
    },
)
