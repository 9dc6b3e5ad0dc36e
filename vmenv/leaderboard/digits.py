"""How figures are written: three significant digits, and an interval with as many decimals as its estimate."""

from __future__ import annotations

import math

from vmenv.leaderboard.score import Interval

SIGNIFICANT = 3
MOST_DECIMALS = 4


def decimals_of(value: float) -> int:
    """Returns how many decimals a number is written with."""
    if value == 0 or not math.isfinite(value):
        return 0
    return min(max(SIGNIFICANT - 1 - math.floor(math.log10(abs(value)) + 1e-12), 0), MOST_DECIMALS)


def number(value: float) -> str:
    """Returns a number as it is shown, such as 0.123, 12.3 or 12,345."""
    return f"{value:,.{decimals_of(value)}f}" if math.isfinite(value) else "-"


def estimate(interval: Interval) -> str:
    """Returns an estimate with its interval, such as 12.3 [11.9, 12.8]."""
    decimals = max(decimals_of(interval.mean), decimals_of(interval.high - interval.low) - 1 if interval.high > interval.low else 0)
    shown = [f"{value:,.{decimals}f}" for value in (interval.mean, interval.low, interval.high)]
    if not (math.isfinite(interval.low) and math.isfinite(interval.high)):
        return shown[0] if math.isfinite(interval.mean) else "-"
    return shown[0] if interval.low == interval.high == interval.mean else f"{shown[0]} [{shown[1]}, {shown[2]}]"


def percent(interval: Interval) -> str:
    """Returns a share with its interval in whole percent, such as 94 [91, 97]; such that are far below nothing with three digits."""
    shown = [f"{100 * value:,.0f}" for value in (interval.mean, interval.low, interval.high)]
    return shown[0] if shown[1] == shown[2] == shown[0] else f"{shown[0]} [{shown[1]}, {shown[2]}]"
