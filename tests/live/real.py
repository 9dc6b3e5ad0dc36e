"""Real guests for tests; a test of a driver that does not work on this machine is skipped, with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from vmenv.live.driver import DRIVERS, Driver


def make(name: str, **options: Any) -> Driver:
    """Returns a driver, or skips the test."""
    driver: Driver = DRIVERS.make(name, **options)
    reason = driver.obstacles()["run"]
    if reason:
        driver.close()
        pytest.skip(f"driver {name} does not work here: {reason}")
    return driver
