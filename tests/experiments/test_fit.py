"""The page of fits: distances by hand, and the command from end to end on a small trace."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from experiments.fit import likeness, page
from experiments.fit.command import main
from tests.conftest import write_trace
from tests.workload.models import coming_and_going, known_workload
from vmenv.workload import fit
from vmenv.workload.series import series_of


def test_distances_by_hand() -> None:
    used = np.array([[1.0, 5.0], [2.0, 4.0], [1.0, 9.0], [2.0, 1.0]])
    assert likeness.lag_one(used) == -0.75  # deviations -.5, .5, -.5, .5: three products of -.25 over a sum of squares of 1
    assert np.isnan(likeness.lag_one(np.ones((4, 2))))
    assert likeness.rank_correlation(used[:, 0], 3 * used[:, 0]) == pytest.approx(1.0)
    assert np.isnan(likeness.rank_correlation(used[:, 0], np.ones(4)))
    at, batch = np.array([0, 0, 0, 5, 700]) * 10**6, np.array([0, 0, 1, 2, 3])
    assert likeness.sizes_of(at, batch).tolist() == [2, 1, 1, 1]
    assert likeness.counts_of(at, batch, fit(coming_and_going())).tolist() == [3, 0]


def test_a_model_is_like_what_it_was_fitted_to_and_unlike_something_else() -> None:
    """By chance D of the means of 60 VMs passes .21 once in a hundred seeds."""
    work = known_workload()
    model = fit(work)
    found = likeness.compare(work, series_of(work), model)
    assert found.mean_cpu is not None
    assert found.mean_cpu < 0.21
    assert found.batches is found.lives is None
    assert set(found.follows) == {"disk"}  # the memory of a VM never changes, and there is no network
    busier = likeness.compare(work, series_of(work)._replace(used=0.3 + series_of(work).used), model)
    assert busier.mean_cpu is not None
    assert busier.mean_cpu > 0.9


def test_what_comes_and_goes_has_batches_and_lives() -> None:
    work = coming_and_going()
    model = fit(work)
    found = likeness.compare(work, series_of(work, model.interval_us), model)
    assert found.lives is not None
    assert found.batches is not None
    assert found.lives < 0.05  # by chance it would pass .035 once in a hundred seeds
    assert found.batches < 0.1  # .07
    text = page.document([page.Row("mine", "fitted to", work.num_vms, found)])
    assert "| mine | fitted to |" in text
    assert "| asked |" in text


def test_the_command_from_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_trace(tmp_path / "bitbrains_rnd" / "dev" / "2013-8", num_vms=6, num_samples=60)
    write_trace(tmp_path / "bitbrains_rnd" / "later" / "2013-8", num_vms=4, num_samples=60)
    main(["--traces", str(tmp_path), "--results", str(tmp_path), "--other", "later"])
    text = (tmp_path / "fit.md").read_text()
    assert "| Bitbrains, August 2013 | fitted to | 6 |" in text
    assert "| Bitbrains, August 2013 | other | 4 |" in text
    assert "page: " in capsys.readouterr().out


def test_without_samples_it_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="holds no sample: give --traces"):
        main(["--traces", str(tmp_path)])
