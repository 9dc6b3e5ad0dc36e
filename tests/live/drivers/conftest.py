"""Drivers to test; a test of one that does not work on this machine is skipped, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from vmenv.live.driver import DRIVERS, Driver
from vmenv.live.drivers._stopping import freezer_obstacle

WAYS: list[dict[str, Any]] = [{"name": "process", "stop": "signal"}, {"name": "process", "stop": "freezer"}]


def make(name: str, **options: Any) -> Driver:
    """Returns a driver, or skips the test."""
    driver: Driver = DRIVERS.make(name, **options)
    reason = driver.obstacles()["run"]
    if reason:
        driver.close()
        pytest.skip(f"driver {name} does not work here: {reason}")
    return driver


@pytest.fixture(params=WAYS, ids=lambda way: "-".join(way.values()))
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    with make(**request.param) as made:
        yield made


@pytest.fixture
def needs_freezer() -> None:
    if reason := freezer_obstacle():
        pytest.skip(reason)
