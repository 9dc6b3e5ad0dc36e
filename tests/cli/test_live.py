"""`vmenv live` and `vmenv serve --driver`: what they print, and that calls from elsewhere act on real guests."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import vmenv
from tests.live.real import make
from vmenv.cli.main import main
from vmenv.live.driver import DRIVERS, OPERATIONS

ROOT = Path(__file__).parents[2]


def test_check(capsys: pytest.CaptureFixture[str]) -> None:
    """Every driver and every operation, with the reason for each no."""
    assert main(["live", "check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line[0] != " "] == DRIVERS.names()
    for operation in OPERATIONS:
        found = [line for line in lines if line.split()[0] == operation]
        assert len(found) == len(DRIVERS.names())
        assert all("yes" in line or line.count(": ") >= 1 for line in found)


def test_serve_real_guests() -> None:
    """A client's decisions let guests run; Ctrl-C in the middle of a long call ends the service, and its guests."""
    make("process").close()  # or skipped
    process = subprocess.Popen(
        [sys.executable, "-m", "vmenv", "serve", "--port", "0", "--driver", "process", "--compile", "", "quantum_us=20000"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("vmenv: serving"), process.communicate()
    with vmenv.connect(line.split()[2]) as client:
        for work_us in (50_000, 30_000):
            client.create([vmenv.Phase(work_us)])
        with pytest.raises(vmenv.SpecError, match="whole core"):
            client.create([vmenv.Phase(5, cpu_millicores=500)])
        order = []
        while (seen := client.observe()).vms:  # least attained service first, decided here
            if any(vm.fits for vm in seen.vms):
                order.append(min((vm for vm in seen.vms if vm.fits), key=lambda vm: vm.attained_us).vm)
                client.grant(order[-1])
            else:
                client.wait()
        assert order[:4] == [0, 1, 0, 1]
        assert 40_000 < client.metrics()["mean_response_us"] < 160_000
        client.create([vmenv.Phase(10**9)])
        ended = threading.Thread(target=_schedule, args=[line.split()[2]])
        ended.start()
    time.sleep(0.5)  # whether it has begun or not, the service comes to an end
    process.send_signal(signal.SIGINT)
    rest, complaints = process.communicate(timeout=60)
    ended.join()
    assert (process.returncode, rest) == (0, "")
    assert "Traceback" not in complaints, "uvicorn says that it did not wait for the call"


def _schedule(url: str) -> None:
    with vmenv.connect(url, timeout_s=120) as client, contextlib.suppress(vmenv.VmenvError):
        client.schedule("tsrr")


def test_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["serve", "--driver", "proces"]) == 2
    assert "did you mean 'process'" in capsys.readouterr().err
    make("process").close()  # or skipped
    assert main(["serve", "--driver", "process", "--compile", "", "--port", "0", "--journal", str(tmp_path / "journal")]) == 2
    assert "cannot be carried out again" in capsys.readouterr().err
    assert not (tmp_path / "journal").exists()
    assert main(["serve", "--driver", "process", "--clock", "sundial"]) == 2
    assert "service" in capsys.readouterr().err
