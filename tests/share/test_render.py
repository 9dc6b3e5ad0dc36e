"""The picture of an interval shows what the books say."""

from __future__ import annotations

import numpy as np
import pytest

import vmenv
from vmenv.errors import ActionError
from vmenv.share.env import ShareEnv
from vmenv.share.render import read_interval, render_ansi
from vmenv.share.scenarios.host import OwnShareHost
from vmenv.share.state import one

S = 1_000_000
HOST = vmenv.Host(cpus=4)
WORK = vmenv.Workload.from_arrays([0, 0], [10 * S, 10 * S], cpu_millicores=[3000, 1500], disk_kib_s=[0, 1000])


def env(render_mode: str | None = None) -> ShareEnv:
    return ShareEnv(OwnShareHost(host=HOST, workload=WORK, num_slots=3, interval_us=S), render_mode=render_mode)


def test_an_interval_by_hand() -> None:
    """4,000 millicores for demands of 3,000 and 1,500 at equal weights: 2,500 and 1,500, and 500 are lost."""
    shares = env()
    shares.reset(seed=0)
    shares.step(np.array([0.5, 0.5, 0.5], np.float32))
    interval = read_interval(one(shares.episodes.runs, 0))
    assert (interval.clock_us, interval.length_us, interval.number) == (S, S, 1)
    assert interval.vms.tolist() == [0, 1]
    assert interval.weights[0] == interval.weights[1] > 0
    assert interval.granted[:, 0].tolist() == [2500, 1500]
    assert interval.missed[:, 0].tolist() == [500, 0]
    assert interval.granted[1, 1] == 1000
    assert (interval.demanded[0], interval.lost[0]) == (4.5 / 4, 0.5 / 4)
    lines = render_ansi(interval, HOST).splitlines()
    assert lines[0] == "t = 1.000 s   interval 1   present 2   done 0"
    assert lines[1] == "   cpu  demand  112.5 % of it, lost  12.5 %"
    assert lines[-2].endswith("#" * 25 + "!" * 5), "40 characters are the whole CPU"
    assert lines[-1].endswith(" " + "#" * 15)


def test_modes() -> None:
    text, picture = env("ansi"), env("rgb_array")
    with pytest.raises(ActionError, match=r"call reset\(\) first"):
        text.render()
    for shares in (text, picture):
        shares.reset(seed=0)
    assert "interval 0" in text.render(), "before the first interval there is little to show"
    assert picture.render().shape == (640, 960, 3)
    picture.step(np.ones(3, np.float32))
    image = picture.render()
    assert image.dtype == np.uint8
    assert len(np.unique(image.reshape(-1, 3), axis=0)) > 10
