"""Each block of Python in README and on the site runs by itself and prints what the page says; commands are understood."""

from __future__ import annotations

import argparse
import importlib
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vmenv.cli.main
from experiments import leaderboard, train
from experiments.hydra_app import store_groups
from experiments.overrides import find_mistake
from tests.docs.pages import ROOT, Block, commands, name_of, python_blocks, written_pages

# Each file with a namespace of its own; in one process, which imports and loads compiled code once.
EACH_ALONE = """
import runpy, sys
for file in sys.argv[1:]:
    runpy.run_path(file, run_name="__main__")
    print("=====", flush=True)
"""
SHORTENED = {"UPDATES": "2"}  # of the training loops, which read it
LISTENING = "http://127.0.0.1:8765"


def run_all(blocks: list[Block], folder: Path) -> list[str]:
    """Returns what each prints. Where one connects to a service, one of this test's own takes the place of the one started by hand."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"} | SHORTENED
    serve = [sys.executable, "-m", "vmenv", "serve", "--port", "0", "cpus=2", "memory_mib=2048"]
    with subprocess.Popen(serve, env=environment, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        url = service.stdout.readline().split()[2]
        files = [folder / f"{block.name}.py" for block in blocks]  # numba reads the source of the scheduler that it compiles
        for file, block in zip(files, blocks, strict=True):
            file.write_text(block.source.replace(LISTENING, url))
        command = [sys.executable, "-c", EACH_ALONE, *map(str, files)]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        service.terminate()
    assert done.returncode == 0, done.stderr
    return done.stdout.split("=====\n")[:-1]


def test_each_python_block_runs_and_prints_what_the_page_says(tmp_path: Path) -> None:
    blocks = [block for page in written_pages() for block in python_blocks(page)]
    assert len([block for block in blocks if block.prints is not None]) > 10
    told = run_all(blocks, tmp_path)
    wrong = [
        f"{block.name} prints\n{text}\nand the page says\n{block.prints}"
        for block, text in zip(blocks, told, strict=True)
        if not block.printed(text)
    ]
    assert not wrong, "\n\n".join(wrong)


# --- commands ---------------------------------------------------------------------------------------------------------------------------

COMMANDS = [(page, words) for page in written_pages() for words in commands(page)]
OVERRIDDEN = {"experiments.train": train.check, "experiments.leaderboard": leaderboard.check}


class Parsed(Exception):  # noqa: N818  # it is no error: the program need not go further
    pass


def check_make(words: list[str]) -> None:
    for target in words[1:]:
        assert "=" in target or re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), target


def check_vmenv(words: list[str]) -> None:
    assert vmenv.cli.main.parse(words[1:]).run


def check_pip(words: list[str]) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert words[1] == "install"
    for extra in re.findall(r"\[([\w,]+)\]", " ".join(words)):
        assert set(extra.split(",")) <= set(extras), extra


def check_python(words: list[str]) -> None:
    """Of the programs of the project: that Hydra or argparse take what is given. What would follow is left out."""
    assert words[1] == "-m"
    program, rest = words[2], words[3:]
    if program in OVERRIDDEN:
        store_groups()
        overrides = [word for word in rest if word != "--multirun"]
        name = program.rpartition(".")[2]
        assert find_mistake(name, overrides, sweeps="--multirun" in rest, check=OVERRIDDEN[program]) is None
    elif program.split(".")[0] == "experiments":
        check_parses(program, rest)
    else:
        assert program in ("tests.golden.test_digests", "tests.fuzz", "venv", "pytest"), program


def check_parses(program: str, rest: list[str]) -> None:
    """Has the program's own parser read the words."""
    module = importlib.import_module(program)
    if hasattr(module, "__path__"):
        module = importlib.import_module(
            f"{program}.command" if (Path(module.__path__[0]) / "command.py").exists() else f"{program}.__main__"
        )
    original = argparse.ArgumentParser.parse_args

    def parse(self: argparse.ArgumentParser, args: Any = None, namespace: Any = None) -> Any:
        original(self, args, namespace)
        raise Parsed

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(argparse.ArgumentParser, "parse_args", parse)
        patched.setattr(sys, "argv", [program, *rest])
        with pytest.raises(Parsed):
            module.main()


def check_curl(words: list[str]) -> None:
    assert words[1].startswith(f"{LISTENING}/v1/")


def known(*starts: str) -> Callable[[list[str]], None]:
    def check(words: list[str]) -> None:
        assert " ".join(words).startswith(starts), words

    return check


CHECKS: dict[str, Callable[[list[str]], None]] = {
    "make": check_make,
    "vmenv": check_vmenv,
    "pip": check_pip,
    "python": check_python,
    "curl": check_curl,
    "source": known("source .venv/bin/activate"),
    "tensorboard": known("tensorboard --logdir runs"),
    "sbatch": known("sbatch --array=1-64 "),
    "kubectl": known("kubectl apply -f "),
}


@pytest.mark.parametrize(("page", "words"), COMMANDS, ids=[f"{name_of(page)}: {' '.join(words)}" for page, words in COMMANDS])
def test_commands_are_understood(page: Path, words: list[str]) -> None:
    assert words[0] in CHECKS, "say how it is checked"
    CHECKS[words[0]]([re.sub(r"\$[A-Z_]{4,}", "1", word) for word in words])  # a variable that a job is given: a number
