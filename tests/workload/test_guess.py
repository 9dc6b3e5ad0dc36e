"""Every format is told from its files, and nothing else is taken for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workload.traces.published import PUBLISHED, needs
from tests.workload.traces.written import WRITE
from vmenv.errors import TraceError
from vmenv.workload.guess import guess_format

UNGUESSED = ("csv",)  # its columns must be named


@pytest.mark.parametrize("format", [format for format in WRITE if format not in UNGUESSED])
def test_a_format_is_told_from_its_files(format: str, tmp_path: Path) -> None:
    path = WRITE[format](tmp_path)
    assert guess_format(path) == format
    assert guess_format(tmp_path) == format


@pytest.mark.parametrize("content", [b"", b"\0\1", b"hello\n", b"a,b\n1,2\n", b"PAR1", b"\x1f\x8bnot gzip", b"1 2 3\n"])
def test_what_is_no_trace_is_like_none(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "file.txt"
    file.write_bytes(content)
    with pytest.raises(TraceError, match=r"looks like none of .*bitbrains.*: give the format; csv reads any table"):
        guess_format(file)


@pytest.mark.parametrize(
    ("path", "format"),
    [
        pytest.param("bitbrains_rnd/dev/2013-8", "bitbrains", marks=needs("bitbrains_rnd")),
        pytest.param("planetlab/dev/20110303", "planetlab", marks=needs("planetlab")),
        pytest.param("google2011_hipro/dev", "google2011", marks=needs("google2011_hipro")),
        pytest.param("azure_v1_arrivals/dev", "azure_arrivals", marks=needs("azure_v1_arrivals")),
        pytest.param("alibaba_gpu_v2023/dev", "alibaba_gpu2023", marks=needs("alibaba_gpu_v2023")),
        pytest.param("opendc_surf_week/dev", "opendc", marks=needs("opendc_surf_week")),
        pytest.param("swf/dev/LCG.first25000.swf.gz", "swf", marks=needs("swf")),
    ],
)
def test_the_published_samples(path: str, format: str) -> None:
    assert guess_format(PUBLISHED / path) == format
