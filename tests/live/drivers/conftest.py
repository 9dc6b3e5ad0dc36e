"""Drivers to test, in each way in which they stop guests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.live.real import make
from vmenv.live.driver import Driver

WAYS: list[dict[str, Any]] = [
    {"name": "process", "stop": "signal"},
    {"name": "process", "stop": "freezer"},
    {"name": "kvm", "stop": "signal"},
    {"name": "qemu", "stop": "signal", "accel": "tcg"},
    {"name": "qemu", "stop": "signal", "accel": "kvm"},
    {"name": "qemu", "stop": "freezer"},
]


@pytest.fixture(params=WAYS, ids=lambda way: "-".join(way.values()))
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    with make(**request.param) as made:
        yield made
