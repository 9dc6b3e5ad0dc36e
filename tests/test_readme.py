"""Each piece of the README runs by itself, as it stands, its commands are understood, and what the pages link is there."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import vmenv.cli.main
from experiments import leaderboard, train
from experiments.hydra_app import store_groups
from experiments.overrides import find_mistake

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()

# Each file with a namespace of its own; in one process, which imports and loads compiled code once.
EACH_ALONE = """
import runpy, sys
for file in sys.argv[1:]:
    runpy.run_path(file, run_name="__main__")
    print("=====")
"""


def blocks(language: str) -> list[str]:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return found


def test_each_python_block_runs_by_itself(tmp_path: Path) -> None:
    """Where one connects to a service, one of this test's own takes the place of the one that was started by hand."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    serve = [sys.executable, "-m", "vmenv", "serve", "--port", "0", "cpus=2", "memory_mib=2048"]
    with subprocess.Popen(serve, env=environment, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        url = service.stdout.readline().split()[2]
        files = [
            tmp_path / f"block_{k}.py" for k, _ in enumerate(blocks("python"))
        ]  # numba reads the source of the scheduler that it compiles
        for file, block in zip(files, blocks("python"), strict=True):
            file.write_text(block.replace("http://127.0.0.1:8765", url))
        command = [sys.executable, "-c", EACH_ALONE, *map(str, files)]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        service.terminate()
    assert done.returncode == 0, done.stderr
    told = done.stdout.split("=====\n")[:-1]
    assert len(told) == 13
    assert "tsrr     [40300 20200 20200]" in told[0]
    assert told[2].startswith("7.83658"), "what looking one step ahead gains: README says 7.8"
    assert told[4].startswith("grants the VM with the largest 0 - log(attained + 0.25)")
    assert told[9] == "40000.0\n", "two pCPUs, quanta of 10 ms: done at 40, 30 and 50 ms"


def commands() -> list[list[str]]:
    """Returns the commands of all shell blocks, as words without comments."""
    lines = (shlex.split(line, comments=True) for block in blocks("sh") for line in block.splitlines())
    return [words for words in lines if words]


def overrides_of(program: str) -> list[list[str]]:
    return [words[3:] for words in commands() if words[:3] == ["python", "-m", f"experiments.{program}"]]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_shell_blocks_name_programs_that_are_there(words: list[str]) -> None:
    known = {
        "make": r"^(leaderboard|test)$",
        "python": r"^-m$",
        "vmenv": r"^(serve|evaluate|board|trace|list|simulate|live)$",
        "curl": r"^http://127.0.0.1:8765/v1/",
    }
    assert words[0] in known
    assert re.match(known[words[0]], words[1])
    if words[0] == "python":
        known_programs = ("experiments.train", "experiments.leaderboard", "experiments.shares", "experiments.batch")
        assert words[2] in known_programs, "has a test below"


@pytest.mark.parametrize(("program", "check"), [("train", train.check), ("leaderboard", leaderboard.check)])
def test_overrides_are_accepted(program: str, check: Any) -> None:
    store_groups()
    assert overrides_of(program)
    for words in overrides_of(program):
        overrides = [word for word in words if word != "--multirun"]
        assert find_mistake(program, overrides, sweeps="--multirun" in words, check=check) is None


class Parsed(Exception):  # noqa: N818  # it is no error: the program need not go further
    pass


def test_options_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parsers of the programs take them; what would follow is left out."""

    def parse(self: argparse.ArgumentParser, args: Any = None, namespace: Any = None) -> Any:
        original(self, args, namespace)
        raise Parsed

    from experiments.batch import command as batch
    from experiments.shares import command as shares

    original = argparse.ArgumentParser.parse_args
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse)
    mains = {"experiments.shares": (3, shares.main), "experiments.batch": (3, batch.main)}
    tried = 0
    for words in commands():
        name = words[2] if words[0] == "python" else words[0]
        if name == "vmenv":
            assert vmenv.cli.main.parse(words[1:]).run
            tried += 1
        if name in mains:
            first, main = mains[name]
            monkeypatch.setattr(sys, "argv", [name, *words[first:]])
            with pytest.raises(Parsed):
                main()
            tried += 1
    assert tried == 14


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted((ROOT / "experiments").rglob("*.md"))], ids=lambda page: page.name)
def test_pages_link_what_is_there(page: Path) -> None:
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text()):
        assert (page.parent / link).exists(), link


def test_readme_names_commands_that_are_there() -> None:
    for command in ("leaderboard", "test", "verify", "soak", "mutants"):
        assert f"make {command}" in README
        assert re.search(rf"^{command}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
