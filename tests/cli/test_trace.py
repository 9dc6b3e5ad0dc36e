"""`vmenv trace`: what is said of traces, and what is written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import vmenv
from tests.conftest import write_trace
from tests.workload.traces.written import WRITE
from vmenv.cli.main import main


def test_info_says_what_is_in_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_trace(tmp_path, num_vms=3, num_samples=10)
    assert main(["trace", "info", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{tmp_path}: bitbrains\n")
    assert "span      2013-08-08 22:13:20 to 2013-08-08 22:58:20 (45.0 min)\n" in out
    assert "rows      30, all of them sound\n" in out
    assert "VMs       3 of 30 phases, there for 55.0 min\n" in out
    work = vmenv.read_trace(tmp_path, "bitbrains")
    mean = (work.cpu_millicores @ work.work_us) / work.work_us.sum()
    line = next(line for line in out.splitlines() if line.startswith("cpu_millicores  "))
    assert float(line.split()[1].replace(",", "")) == pytest.approx(mean, rel=1e-4)
    assert "█" in out


@pytest.mark.parametrize("format", [format for format in WRITE if format != "csv"])
def test_info_and_convert_guess_every_format(format: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = WRITE[format](tmp_path / "trace")
    assert main(["trace", "info", str(path)]) == 0
    assert main(["trace", "convert", str(path), str(tmp_path / "out.parquet")]) == 0
    out = capsys.readouterr().out
    assert f"{path}: {format}\n" in out
    assert f"read as {format}" in out
    assert vmenv.read_trace(tmp_path / "out.parquet", "workload").num_vms > 0


def test_options_go_to_the_reader_before_and_behind_flags(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = WRITE["planetlab"](tmp_path / "trace")
    out = tmp_path / "out.csv"
    assert main(["trace", "convert", str(file), str(out), "memory_mib=7", "--format", "planetlab", "cores=3"]) == 0
    work = vmenv.read_trace(out, "workload")
    expected = vmenv.read_trace(file, "planetlab", memory_mib=7, cores=3)
    assert (work.memory_mib.max(), work.cpu_millicores.tolist()) == (7, expected.cpu_millicores.tolist())
    assert "does not tell" not in capsys.readouterr().out
    assert main(["trace", "info", str(file)]) == 0
    assert "the trace does not tell, and so nothing is taken for: memory_mib" in capsys.readouterr().out


def test_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = WRITE["bitbrains"](tmp_path / "trace")
    assert main(["trace", "info", str(file), "--png", str(tmp_path / "load.png")]) == 0
    assert (tmp_path / "load.png").read_bytes().startswith(b"\x89PNG")
    assert f"drawn into {tmp_path / 'load.png'}" in capsys.readouterr().out


WRONG = [
    (["info", "nowhere"], "nowhere does not exist"),
    (["info", "x.txt"], "looks like none of"),
    (["info", "x.txt", "--format", "bitbrain"], "unknown trace format 'bitbrain': did you mean 'bitbrains'?"),
    (["info", "x.txt", "--format", "swf", "jobs=3"], "unknown key 'jobs': did you mean 'num_jobs'?"),
    (["info", "x.txt", "--format", "swf", "num_jobs=0"], "num_jobs is 0: give a whole number"),
    (["info", "x.txt", "--png", "x.jpg"], "does not end in .png"),
    (["convert", "x.txt", "out.xls"], "ends neither in .csv nor in .parquet"),
]


@pytest.mark.parametrize(("words", "fault"), WRONG)
def test_a_mistake_is_one_line(
    words: list[str], fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.txt").write_text("hello\n")
    assert main(["trace", *words]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: ")
    assert fault in told.err
    assert told.err.count("\n") == 1


def test_words_that_nobody_takes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["trace", "info", "x", "--formatt", "swf"])
    assert "unrecognized arguments: --formatt swf" in capsys.readouterr().err


def test_a_reader_that_has_had_enough_is_no_fault(tmp_path: Path) -> None:
    file = WRITE["bitbrains"](tmp_path)
    program = f"import sys; from vmenv.cli.main import main; sys.exit(main(['trace', 'info', {str(file)!r}]))"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
