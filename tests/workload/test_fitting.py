"""Models of workloads: what was put in is found, what is drawn is like what was read, files come back whole.

Statistical tests draw from fixed seeds; each says how far it is from failing by chance.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from tests.workload.models import INTERVAL_US, coming_and_going, known_workload, small_model
from vmenv.errors import SpecError
from vmenv.workload import Workload, WorkloadModel, fit
from vmenv.workload.copula import correlation_for
from vmenv.workload.fitting import of_resource
from vmenv.workload.generators.usage import cores_of, draw_batch_times, draw_use, draw_vm, life_us_of, normal_cdf, quantile_at
from vmenv.workload.model import ATTRIBUTES, FIRST_OF_RESOURCES, NODES, OF_RESOURCE
from vmenv.workload.series import series_of

AZURE = Path(__file__).parents[3] / "shared" / "traces" / "azure_v1_arrivals" / "dev"


def column(model: WorkloadModel, name: str) -> np.ndarray:
    return model.laws.vms[:, ATTRIBUTES.index(name)]


def drawn(model: WorkloadModel, num_vms: int, length: int) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [draw_use(rng, model.laws, draw_vm(rng, model.laws), length, 0, model.interval_us) for _ in range(num_vms)]


def lag_one(used: np.ndarray) -> float:
    centred = used - used.mean()
    return float(centred[1:] @ centred[:-1] / (centred @ centred))


def test_series_are_what_was_sampled() -> None:
    """A phase of two samples' length is two equal samples, and the CPU is a part of the vCPUs."""
    work = Workload.from_phases([0, 5], [[(600, 500, 10), (300, 1000, 20)], [(300, 250, 30)]], weight=[2, 1])
    series = series_of(work)
    assert series.interval_us == 300
    assert series.length.tolist() == [3, 1]
    assert series.of(0).tolist() == [[0.25, 10, 0, 0], [0.25, 10, 0, 0], [0.5, 20, 0, 0]]
    assert series.of(1).tolist() == [[0.25, 30, 0, 0]]


def test_known_laws_are_found() -> None:
    """Of 60 VMs with 400 samples the medians have standard errors of .02 (90th percentile / median) and .006 (autocorrelation)."""
    model = small_model()
    assert model.interval_us == INTERVAL_US
    assert model.num_vms == 60
    spread = column(model, "cpu_q0.9") / column(model, "cpu_q0.5")
    assert np.median(spread) == pytest.approx(np.exp(0.5 * 1.28155), abs=0.1)
    assert np.median(column(model, "cpu_autocorrelation")) == pytest.approx(0.8, abs=0.03)
    assert np.median(column(model, "disk_idle_below")) == pytest.approx(0.0, abs=0.05)
    assert (column(model, "net_idle_below") == 4.0).all()
    assert set(column(model, "cores")) <= {1.0, 2.0, 4.0}
    assert model.laws.batches[0] == 0


def test_what_is_drawn_is_like_what_was_read() -> None:
    """The distances of 300 drawn VMs from 60 read ones; by chance alone that of means would pass .19 once in a hundred seeds."""
    series = series_of(known_workload())
    read = [series.of(vm) for vm in range(60)]
    made = drawn(small_model(), 300, 400)
    assert stats.ks_2samp([use[:, 0].mean() for use in read], [use[:, 0].mean() for use in made]).statistic < 0.19
    assert stats.ks_2samp(np.concatenate(read)[:, 0], np.concatenate(made)[:, 0]).statistic < 0.1
    assert np.median([lag_one(use[:, 0]) for use in made]) == pytest.approx(np.median([lag_one(use[:, 0]) for use in read]), abs=0.05)
    assert np.mean(np.concatenate(made)[:, 2] == 0) == pytest.approx(0.5, abs=0.03)
    assert not np.concatenate(made)[:, 3].any()
    assert np.concatenate(made)[:, 0].max() <= np.concatenate(read)[:, 0].max()


def test_batches_are_found_and_drawn() -> None:
    """Of 1,152 intervals: r = 5 has a standard error of 1.2, the mean of 2.5 one of .06."""
    work = coming_and_going()
    model = fit(work)
    r, p = model.laws.batches
    assert r * (1 - p) / p == pytest.approx(2.5, abs=0.2)
    assert 2.5 < r < 10
    assert (model.laws.sizes.min(), model.laws.sizes.max()) == (1, 3)
    assert model.laws.arrival_hours.mean() == pytest.approx(1.0)
    rng = np.random.default_rng(2)
    arrival_us, batch = draw_batch_times(rng, model.laws, 5_000, 0, model.interval_us, 1.0)
    assert (np.diff(batch) >= 0).all()
    assert len(arrival_us) == 5_000
    lives = [life_us_of(model.laws, draw_vm(rng, model.laws)) for _ in range(5_000)]
    assert stats.ks_2samp(lives, work.work_us).statistic < 0.05  # by chance it would pass .033 once in a hundred seeds


@pytest.mark.slow
@pytest.mark.skipif(not AZURE.is_dir(), reason="the sample of Azure's trace is not here")
def test_azure_comes_as_it_came() -> None:
    """The distances that are asked: .05 for the number of batches in 300 s, .03 for lifetimes."""
    pytest.importorskip("pyarrow")
    import vmenv

    work = vmenv.read_trace(AZURE, "azure_arrivals")
    model, rng = fit(work), np.random.default_rng(0)

    def counts(arrival_us: np.ndarray, tenant: np.ndarray) -> np.ndarray:
        at = np.unique(np.stack([arrival_us, tenant]), axis=1)[0]
        return np.bincount((at - at.min()) // INTERVAL_US)[:-1]

    come = draw_batch_times(rng, model.laws, work.num_vms, 0, model.interval_us, 1.0)
    assert stats.ks_2samp(counts(work.arrival_us, work.tenant), counts(*come)).statistic <= 0.05
    lives = [life_us_of(model.laws, draw_vm(rng, model.laws)) for _ in range(20_000)]
    assert stats.ks_2samp(lives, work.work_us).statistic <= 0.03


def test_lifetimes_in_bins_stay_in_bins() -> None:
    work = Workload.from_arrays(arrival_us=np.arange(40) * INTERVAL_US, work_us=np.repeat([7 * INTERVAL_US, 3 * INTERVAL_US], 20))
    model, rng = fit(work), np.random.default_rng(0)
    assert {life_us_of(model.laws, draw_vm(rng, model.laws)) for _ in range(50)} == {7 * INTERVAL_US, 3 * INTERVAL_US}
    assert {cores_of(draw_vm(rng, model.laws)) for _ in range(50)} == {1}


def test_the_distribution_and_its_quantiles() -> None:
    assert normal_cdf(0.0) == 0.5
    assert normal_cdf(1.96) == pytest.approx(0.9750021, abs=1e-7)
    table = np.array([0.0, 1.0, 10.0])
    assert [quantile_at(table, u) for u in (0.0, 0.25, 0.5, 0.75, 1.0, 2.0)] == [0.0, 0.5, 1.0, 5.5, 10.0, 10.0]


def test_what_a_vm_uses_has_the_quantiles_and_the_mean_that_were_seen() -> None:
    """Of a drawn series of 20,000 samples that jumps between levels; its median is met but for the lines between nodes of the quantiles.

    Standard errors are 1 % of the mean, .01 of the idle part and .02 of the autocorrelation.
    """
    rng = np.random.default_rng(3)
    levels = np.repeat(rng.choice([0.0, 0.0, 0.1, 0.1, 0.7], 2_000), 2)
    model = small_model()
    vm = draw_vm(rng, model.laws)
    vm[FIRST_OF_RESOURCES : FIRST_OF_RESOURCES + len(OF_RESOURCE)] = of_resource(levels)
    laws = model.laws._replace(hours=np.ones(24))
    used = draw_use(rng, laws, vm, 20_000, 0, model.interval_us)[:, 0]
    assert used.mean() == pytest.approx(levels.mean(), rel=0.05)
    assert np.mean(used == 0) == pytest.approx(np.mean(levels == 0), abs=0.03)
    assert np.median(used[used > 0]) == pytest.approx(0.1, rel=0.1)
    assert lag_one(used) == pytest.approx(lag_one(levels), abs=0.06)


def test_correlations_of_what_is_made_of_normal_numbers() -> None:
    """Where quantiles are those of normal numbers, ranks follow Pearson's 6 / pi arcsin(rho / 2); halves that idle weaken them."""
    normal = NormalDist()
    quantiles = np.array([5 + normal.inv_cdf(min(max(node, 1e-3), 1 - 1e-3)) for node in NODES])
    seen = 6 / np.pi * np.arcsin(0.6 / 2)
    assert correlation_for((quantiles, 0.0), (quantiles, 0.0), seen) == pytest.approx(0.6, abs=0.02)
    assert correlation_for((quantiles, 0.5), (quantiles, 0.0), 0.5) > correlation_for((quantiles, 0.0), (quantiles, 0.0), 0.5)
    assert correlation_for((np.ones(len(NODES)), 0.0), (quantiles, 0.0), 0.5) == 0.0


def test_lifetimes_stay_near_their_own() -> None:
    """Two clusters a thousand times apart: each VM is blurred towards its neighbours, and no further."""
    rng = np.random.default_rng(4)
    lives = np.concatenate([rng.integers(40, 60, 30), rng.integers(40_000, 60_000, 30)]) * 1_000_000
    model = fit(Workload.from_arrays(arrival_us=np.arange(60) * INTERVAL_US, work_us=lives))
    drawn_lives = np.array([life_us_of(model.laws, draw_vm(rng, model.laws)) for _ in range(2_000)])
    assert not ((drawn_lives > 70e6) & (drawn_lives < 35_000e6)).any()
    assert (drawn_lives % 1_000_000 == 0).all()
    assert stats.ks_2samp(drawn_lives, lives).statistic < 0.1


def test_files_come_back_whole(tmp_path: Path) -> None:
    small_model().save(tmp_path / "model.json")
    once = WorkloadModel.load(tmp_path / "model.json")
    once.save(tmp_path / "again.json")
    assert WorkloadModel.load(tmp_path / "again.json") == once
    np.testing.assert_allclose(once.laws.vms, small_model().laws.vms, atol=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda told: told.pop("laws"), "is damaged"),
        (lambda told: told["laws"].pop("blur"), "is damaged"),
        (lambda told: told["laws"].update(most=[1, 2]), r"is damaged \(most\)"),
        (lambda told: told["laws"].update(most=[1, 2, 3, float("nan")]), r"is damaged \(most\)"),
        (lambda told: told["laws"].update(batches=[1, 0]), r"is damaged \(batches\)"),
        (lambda told: told["laws"]["vms"][0].__setitem__(0, 0.2), r"is damaged \(vms\)"),
        (lambda told: told["laws"].update(life_step_us=[0]), r"is damaged \(life_step_us\)"),
        (lambda told: told.update(interval_us=0), r"is damaged \(interval_us\)"),
        (lambda told: told.update(vmenv_workload_model=0), "no model of a workload of this version"),
        (lambda told: told.update(attributes=[]), "no model of a workload of this version"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, change: object, message: str) -> None:
    small_model().save(tmp_path / "model.json")
    told = json.loads((tmp_path / "model.json").read_text())
    change(told)  # type: ignore[operator]  # a lambda of the table above
    (tmp_path / "model.json").write_text(json.dumps(told))
    with pytest.raises(SpecError, match=message):
        WorkloadModel.load(tmp_path / "model.json")


def test_what_cannot_be_fitted_or_read(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="give at least 3 VMs"):
        fit(Workload.from_arrays([0, 0], [5, 5]))
    with pytest.raises(SpecError, match="no model of a workload"):
        WorkloadModel.load(tmp_path)
    (tmp_path / "list.json").write_text("[1]")
    with pytest.raises(SpecError, match="no model of a workload of this version"):
        WorkloadModel.load(tmp_path / "list.json")
