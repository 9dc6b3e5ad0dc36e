"""Class means: where a scenario tells them, what they are, and where it does not."""

from __future__ import annotations

import numpy as np
import pytest

from vmenv.dispatch.scenarios.tenants import TENANTS
from vmenv.dispatch.scheduler import inputs_missing
from vmenv.episodes.scenario import make_scenario
from vmenv.episodes.schedulers import make_scheduler


@pytest.mark.parametrize("scenario", ["tenants", "gang", "backup", "overcommit"])
def test_class_means_are_known_and_no_more(scenario: str) -> None:
    """The estimate of a VM is the mean of its class: over many episodes the mean size is that, and within a class it is one number."""
    chosen = make_scenario(scenario)
    works = [chosen.episode(seed) for seed in range(40)]
    tenant, estimate, size = (
        np.concatenate([getattr(work, column)[work.is_vm] for work in works]) for column in ("tenant", "estimate_us", "size_us")
    )
    for label in np.unique(tenant):
        mine = tenant == label
        assert len(np.unique(estimate[mine])) == 1
        standard_error = size[mine].std() / np.sqrt(mine.sum())
        assert abs(size[mine].mean() - estimate[mine][0]) < 5 * standard_error  # false alarm below 1e-6
    assert inputs_missing(make_scheduler("cmu"), works[0]) == ()


def test_the_mean_of_a_tenant() -> None:
    assert [tenant.mean_us for tenant in TENANTS] == [40_000, 200_000, 1_175_000]


@pytest.mark.parametrize("scenario", ["mystery", "mm1", "thrash", "bursts", "neighbours"])
def test_where_laws_are_hidden_or_all_the_same_there_is_no_estimate(scenario: str) -> None:
    assert inputs_missing(make_scheduler("cmu"), make_scenario(scenario).episode(0)) == ("estimate_us",)
