"""The command line in processes of its own: what it prints, refuses, and how it stops."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import vmenv
from vmenv.cli.main import main
from vmenv.cli.serve import host_of, read_token
from vmenv.host.spec import Disk, Host, Nic
from vmenv.workload import Phase

ROOT = Path(__file__).parents[2]
TOKEN = "a-token-for-these-tests-only"


def start(*arguments: str, **variables: str) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | variables
    return subprocess.Popen(
        [sys.executable, "-m", "vmenv", *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_serve_and_stop() -> None:
    """A host that is described on the command line, a client, and Ctrl-C: no traceback."""
    process = start(
        "serve", "--port", "0", "--compile", "", "cpus=4", "preempt=arrival", 'disks=[{"bandwidth_kib_s": 70}]', VMENV_TOKEN=TOKEN
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("vmenv: serving http://127.0.0.1:"), process.communicate()
    client = vmenv.connect(line.split()[2], token=TOKEN)
    assert client.describe_host() == Host(cpus=4, preempt="arrival", disks=(Disk(bandwidth_kib_s=70),))
    assert client.create([Phase(50)]) == 0
    client.grant(0)
    assert client.wait() == 50
    digest = client.digest()
    process.send_signal(signal.SIGINT)
    rest, complaints = process.communicate(timeout=60)
    assert (process.returncode, rest, complaints) == (0, "", "")
    here = vmenv.Manager(Host(cpus=4, preempt="arrival", disks=(Disk(bandwidth_kib_s=70),)))
    here.create([Phase(50)])
    here.grant(0)
    here.wait()
    assert here.digest() == digest
    with client, pytest.raises(vmenv.ServiceError):
        client.observe()


def test_killed_and_started_again(tmp_path: Path) -> None:
    """kill -9 after some calls, twice: the same digest, and the journal is not for two."""
    journal = tmp_path / "journal"
    command = ("serve", "--port", "0", "--compile", "", "--journal", str(journal), "cpus=2")
    digest = ""
    for turn in range(3):
        process = start(*command)
        assert process.stdout is not None
        if turn:
            line = process.stdout.readline()
            assert f"{3 * turn} calls from {journal}: the clock is at {50 * turn} us, digest {digest}" in line
        with vmenv.connect(process.stdout.readline().split()[2]) as client:
            assert turn == 0 or client.digest() == digest
            assert client.create([Phase(50)]) == turn
            client.grant(turn)
            assert client.wait() == 50 * (turn + 1)
            digest = client.digest()
            if turn == 2:
                second = start(*command)
                refused, complaint = second.communicate(timeout=60)
                assert (second.returncode, refused, complaint.count("\n")) == (2, "", 1)
                assert "belongs to another process" in complaint
        process.kill()
        process.communicate(timeout=60)


def test_mistakes_get_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VMENV_TOKEN", raising=False)
    short = tmp_path / "token"
    short.write_text("short\n")
    for arguments, message in [
        (["cpu=4"], "unknown key 'cpu': did you mean 'cpus'?"),
        (["cpus"], "'cpus' is no setting of the host: give key=value"),
        (["cpus=0"], "Host.cpus is 0"),
        (["cpus=many"], "Host.cpus is 'many'"),
        (["disks=5"], "disks is 5: give a JSON list of objects"),
        (['disks=[{"bandwith_kib_s": 5}]'], "did you mean 'bandwidth_kib_s'?"),
        (["nics=[]"], "Host.nics is ()"),
        (["nics=" + "[" * 100_000], "too many brackets"),
        (["--address", "0.0.0.0"], "can be reached from other machines: give a token"),
        (["--token-file", str(short)], "the token has 5 characters"),
        (["--token-file", str(tmp_path / "none")], "cannot be read"),
        (["--port", "70000"], "--port is 70000"),
        (["--objective", "mean_slodown"], "did you mean 'mean_slowdown'?"),
        (["--num-slots", "0"], "num_slots is 0"),
        (["--most-bytes", "1"], "--most-bytes is 1"),
        (["--most-vms", "0"], "most_vms is 0"),
        (["--compile", "tsr"], "did you mean 'tsrr'?"),
        (["--port", "0", "--compile", "", "--journal", str(tmp_path)], "cannot be opened"),
        (["--port", "0", "--compile", "", "--journal", str(short)], "is no journal"),
        (["--address", "127.0.0.1", "--port", "1" if os.geteuid() else "0", "quantum_us=x"], "Host.quantum_us is 'x'"),
    ]:
        assert main(["serve", *arguments]) == 2, arguments
        complaint = capsys.readouterr().err
        assert complaint.startswith("error: "), complaint
        assert complaint.count("\n") == 1
        assert message in complaint
    for arguments in (["serv"], [], ["serve", "--prot", "5"]):
        with pytest.raises(SystemExit, match="2"):
            main(arguments)
        assert "Traceback" not in capsys.readouterr().err


def test_without_the_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    for name in [name for name in sys.modules if name.startswith("vmenv.serve")]:
        monkeypatch.delitem(sys.modules, name)
    assert main(["serve"]) == 2
    assert "pip install 'vmenv[serve]'" in capsys.readouterr().err


def test_words_make_a_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert host_of([]) == Host()
    assert host_of(["swap_kib_s=null", 'nics=[{}, {"bandwidth_kib_s": 9}]', "memory_mib=77"]) == Host(
        swap_kib_s=None, nics=(Nic(), Nic(bandwidth_kib_s=9)), memory_mib=77
    )
    monkeypatch.setenv("VMENV_TOKEN", "from-the-environment")
    assert read_token(None) == "from-the-environment"
    (tmp_path / "token").write_text("from-a-file\n")
    assert read_token(tmp_path / "token") == "from-a-file"
    monkeypatch.setenv("VMENV_TOKEN", "")
    assert read_token(None) is None


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out.strip() == vmenv.__version__
