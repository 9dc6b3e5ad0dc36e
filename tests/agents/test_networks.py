"""The scoring network does not care about the order or the number of slots."""

from __future__ import annotations

import pytest
import torch

from agents.networks import Scorer

NUM_FEATURES, NUM_HOST = 5, 3


@pytest.fixture
def scorer() -> Scorer:
    torch.manual_seed(0)
    return Scorer(NUM_FEATURES, NUM_HOST, 8).double()


def observation(num_slots: int = 6) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    vms = torch.rand(4, num_slots, NUM_FEATURES, generator=generator, dtype=torch.float64)
    vms[:, :, 0] = (torch.rand(4, num_slots, generator=generator) < 0.6).double()
    return {"vms": vms * vms[:, :, :1], "host": torch.rand(4, NUM_HOST, generator=generator, dtype=torch.float64)}


def test_permuting_slots_permutes_scores(scorer: Scorer) -> None:
    seen = observation()
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    scores, value = scorer(seen)
    permuted, same_value = scorer({"vms": seen["vms"][:, order], "host": seen["host"]})
    torch.testing.assert_close(permuted[:, :6], scores[:, :6][:, order])
    torch.testing.assert_close(permuted[:, 6], scores[:, 6])
    torch.testing.assert_close(same_value, value)


def test_empty_slots_change_nothing(scorer: Scorer) -> None:
    seen = observation()
    wider = {"vms": torch.cat([seen["vms"], torch.zeros(4, 10, NUM_FEATURES, dtype=torch.float64)], dim=1), "host": seen["host"]}
    scores, value = scorer(seen)
    wide_scores, wide_value = scorer(wider)
    torch.testing.assert_close(wide_scores[:, :6], scores[:, :6])
    torch.testing.assert_close(wide_scores[:, -1], scores[:, -1])
    torch.testing.assert_close(wide_value, value)


def test_runs_of_a_batch_do_not_mix(scorer: Scorer) -> None:
    seen = observation()
    scores, _ = scorer(seen)
    for r in range(4):
        alone, _ = scorer({name: rows[r : r + 1] for name, rows in seen.items()})
        torch.testing.assert_close(alone[0], scores[r])


def test_nobody_present(scorer: Scorer) -> None:
    seen = observation()
    scores, value = scorer({"vms": torch.zeros_like(seen["vms"]), "host": seen["host"]})
    assert torch.isfinite(scores).all()
    assert torch.isfinite(value).all()
