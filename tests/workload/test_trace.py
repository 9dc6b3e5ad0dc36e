"""What all trace formats have in common: the bound on what is unpacked, progress, memory, and paths that are looked at at once."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

import vmenv
import vmenv.workload.lines
from tests.conftest import write_trace
from tests.workload.traces.written import OPTIONS, WRITE
from vmenv.errors import SpecError, TraceError
from vmenv.workload.trace import list_trace_formats, read_trace_with_report

OTHERS = ("alibaba2018", "azure_packing2020", "azure_readings", "opendc")  # several files, or binary ones
formats = pytest.mark.parametrize("format", WRITE)
text_formats = pytest.mark.parametrize("format", [format for format in WRITE if format not in OTHERS])


def test_every_format_is_tried() -> None:
    assert list(WRITE) == list_trace_formats(), "a new format needs a sample in tests/workload/traces/written.py"


@text_formats
def test_the_bound_on_what_is_unpacked(format: str, tmp_path: Path) -> None:
    plain = WRITE[format](tmp_path)
    content = plain.read_bytes()
    packed = plain.with_name(f"{plain.name}.gz")
    packed.write_bytes(gzip.compress(content))
    expected = vmenv.read_trace(plain, format, max_unpacked_bytes=1, **OPTIONS.get(format, {}))
    bound = max(len(file.read_bytes()) for file in tmp_path.iterdir() if file.suffix != ".gz")
    found = vmenv.read_trace(packed, format, max_unpacked_bytes=bound, **OPTIONS.get(format, {}))
    assert found.work_us.tolist() == expected.work_us.tolist()
    with pytest.raises(TraceError, match=f"unpacks to more than {len(content) - 1} bytes"):
        vmenv.read_trace(packed, format, max_unpacked_bytes=len(content) - 1, **OPTIONS.get(format, {}))
    for wrong in (0, -1, 1.5, None, "1 GiB"):
        with pytest.raises(SpecError, match=r"max_unpacked_bytes is .*: give a whole number"):
            vmenv.read_trace(plain, format, **(OPTIONS.get(format, {}) | {"max_unpacked_bytes": wrong}))


@formats
def test_progress_ends_at_the_end_even_if_nothing_is_read_again(format: str, tmp_path: Path) -> None:
    file = WRITE[format](tmp_path)
    for _ in range(2):
        seen: list[tuple[int, int]] = []
        vmenv.read_trace(file, format, progress=lambda *told, seen=seen: seen.append(told), **OPTIONS.get(format, {}))
        assert seen[-1][0] == seen[-1][1] >= (file.stat().st_size if file.is_file() else 1)
        assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    with pytest.raises(SpecError, match="progress is 3: give a function"):
        vmenv.read_trace(file, format, progress=3, **OPTIONS.get(format, {}))


@pytest.mark.parametrize("format", ["bitbrains", "swf"])
def test_a_file_is_read_in_little_more_memory_than_what_is_made_of_it(format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text alone, its lines and their numbers would be more than ten times the file."""
    monkeypatch.setattr(vmenv.workload.lines, "PIECE_BYTES", 2**16)
    file = WRITE[format](tmp_path, num_rows=20_000)
    tracemalloc.start()
    try:
        read_trace_with_report(file, format)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5 * file.stat().st_size


@text_formats
@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_trace_is_one_clear_error(format: str, content: str, tmp_path: Path) -> None:
    file = tmp_path / "trace"
    file.write_text(content)
    with pytest.raises(TraceError, match=rf"(?=.*{tmp_path}).*(: |; )give "):
        vmenv.read_trace(file, format, **OPTIONS.get(format, {}))


@pytest.mark.parametrize("scenario", ["replay", "share_replay"])
def test_a_scenario_looks_for_its_files_when_it_is_made(scenario: str, tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"nowhere does not exist .*: give a file, a folder, or a list of files"):
        vmenv.make_scenario(scenario, path=str(tmp_path / "nowhere"))
    with pytest.raises(TraceError, match="holds no file"):
        vmenv.make_scenario(scenario, path=str(tmp_path))
    for wrong in ("x" * 5_000, "a\0b"):
        with pytest.raises(TraceError, match="give a file, a folder, or a list of files"):
            vmenv.make_scenario(scenario, path=wrong)
    with pytest.raises(SpecError, match="path is 3: give a file"):
        vmenv.make_scenario(scenario, path=3)
    vmenv.make_scenario(scenario, path=str(write_trace(tmp_path)))


def test_a_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> Any:  # the superuser may read everywhere
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(TraceError, match=r"cannot be read .*Permission denied.*: give a folder that can be"):
        vmenv.read_trace(tmp_path, "bitbrains")


@pytest.mark.parametrize("scenario", ["replay", "share_replay"])
def test_a_scenario_reads_its_files_beforehand(scenario: str, tmp_path: Path) -> None:
    made: Any = vmenv.make_scenario(scenario, path=str(write_trace(tmp_path)))
    seen: list[tuple[int, int]] = []
    made.prepare(lambda *told: seen.append(told))
    total = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert seen[-1] == (total, total)
    assert len(seen) >= 6
    made.prepare()
    vmenv.make_scenario("mm1").prepare(lambda *told: seen.append(told))
    assert seen[-1] == (total, total)
