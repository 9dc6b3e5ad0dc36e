"""Policies in files are what they were, with all that comes of their order."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from vmenv.dispatch.formula.policy import FormulaPolicy
from vmenv.dispatch.index.policy import untrained
from vmenv.dispatch.saved import save_scheduler
from vmenv.dispatch.scheduler import Scheduler
from vmenv.episodes.saved import load_policy

ORDERS: tuple[dict[str, Any], ...] = ({}, {"backfill": False}, {"commit": True}, {"commit": True, "reservation": True})


def policies(order: dict[str, Any]) -> list[Scheduler]:
    base = FormulaPolicy(score="0 - attained", time_scale_us=500)
    index = untrained(("cpu", "age"), ("free_cpu",), 4, 500, base)
    return [FormulaPolicy(score="0 - expected_left", wait="host.free_cpu", **order), dataclasses.replace(index, **order)]


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_a_policy_comes_back_as_it_was(order: dict[str, Any], tmp_path: Path) -> None:
    for k, policy in enumerate(policies(order)):
        save_scheduler(policy, tmp_path / str(k), {})
        assert load_policy(tmp_path / str(k)) == policy


def test_policies_of_different_orders_are_told_apart() -> None:
    for k in range(2):
        told = [str(policies(order)[k].describe()) for order in ORDERS]
        assert len(set(told)) == len(ORDERS)
