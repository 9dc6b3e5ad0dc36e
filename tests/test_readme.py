"""The README's Python runs as it stands, from top to bottom."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_readme_python_runs(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 6
    program = tmp_path / "readme.py"  # a file: numba reads the source of the scheduler that it compiles
    program.write_text("\n".join(blocks))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, str(program)], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "tsrr     [40300 20200 20200]" in done.stdout


def test_readme_names_what_is_there() -> None:
    text = (ROOT / "README.md").read_text()
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (ROOT / link).exists(), link
    for command in ("leaderboard", "test", "verify"):
        assert f"make {command}" in text
        assert re.search(rf"^{command}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
