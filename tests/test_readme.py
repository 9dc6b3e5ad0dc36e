"""The README's Python runs as it stands, from top to bottom, and what the pages link is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_readme_python_runs(tmp_path: Path) -> None:
    """In one program; where it connects to a service, one of this test's own takes the place of the one that was started by hand."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 10
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "vmenv", "serve", "--port", "0", "cpus=2", "memory_mib=2048"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        url = service.stdout.readline().split()[2]
        program = tmp_path / "readme.py"  # a file: numba reads the source of the scheduler that it compiles
        program.write_text("\n".join(blocks).replace("http://127.0.0.1:8765", url))
        done = subprocess.run([sys.executable, str(program)], cwd=tmp_path, env=environment, capture_output=True, text=True)
        service.terminate()
    assert done.returncode == 0, done.stderr
    assert "tsrr     [40300 20200 20200]" in done.stdout
    assert "\n7.83658" in done.stdout, "what looking one step ahead gains: README says 7.8"
    assert done.stdout.endswith("\n40000.0\n"), "two pCPUs, quanta of 10 ms: done at 40, 30 and 50 ms"


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted((ROOT / "experiments").rglob("*.md"))], ids=lambda page: page.name)
def test_pages_link_what_is_there(page: Path) -> None:
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text()):
        assert (page.parent / link).exists(), link


def test_readme_names_commands_that_are_there() -> None:
    text = (ROOT / "README.md").read_text()
    for command in ("leaderboard", "test", "verify", "soak", "mutants"):
        assert f"make {command}" in text
        assert re.search(rf"^{command}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
