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


@pytest.mark.parametrize("driver", ["kvm", "qemu"])
def test_storage(driver: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Measured beside predicted, printed and written: the law of what is written has no chance of its own but where pages fall.

    100 ms at 20 MB/s are some 500 writes to 512 pages: about 322 new ones, with a standard deviation below 8, so that a tenth is four of
    them, and what the guest wrote is counted and not assumed. False alarms: one in 10,000.
    """
    make(driver).close()  # or skipped
    words = [
        f"driver={driver}",
        "ram_mib=4",
        "working_set_mib=2",
        "service_ms=100",
        "bandwidth_kib_s=500000",
        "most_down_ms=1000",
        "paged_mib=2",
        "repetitions=1",
    ]
    assert main(["live", "storage", *words, "--out", str(tmp_path)]) == 0
    page = (tmp_path / "live_storage.md").read_text()
    assert page in capsys.readouterr().out
    snapshot, migration, *paging = (
        [cell.strip() for cell in page.splitlines()[line].split("|")[1:-1]]
        for line, text in enumerate(page.splitlines())
        if text.startswith("| ") and text[2].isdigit()
    )
    assert int(snapshot[2]) == pytest.approx(int(snapshot[3]), rel=0.1)
    assert migration[2] == migration[3] == "1"
    if not paging:
        assert "Not here: " in page
    else:
        assert (paging[0][0], paging[1][0]) == ("4", "7")
    for wrong, told in (("ram_mb=4", "did you mean 'ram_mib'?"), ("driver=process", "there are: kvm, qemu")):
        assert main(["live", "storage", wrong]) == 2
        assert told in capsys.readouterr().err


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
