"""Where rows come from: machine, versions, and whether the code was that of a commit."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).parents[1]


class Origin(NamedTuple):
    """What is written beside every row.

    Attributes:
        versions: Of Python and of what computes, such as "python 3.11.7, numpy 2.4.6".
        machine: Processor and system.
        commit: Of the checkout; "release" and the version where vmenv is installed; "-dirty" behind it if files differ from the commit.
    """

    versions: str
    machine: str
    commit: str


def origin() -> Origin:
    """Returns what rows that are made here and now come from."""
    import vmenv

    found = {"python": platform.python_version(), "vmenv": vmenv.__version__}
    found |= {package: importlib.metadata.version(package) for package in ("numpy", "numba")}
    versions = ", ".join(f"{name} {version}" for name, version in found.items())
    return Origin(versions, f"{_processor()}, {platform.system()} {platform.machine()}", _commit() or f"release {vmenv.__version__}")


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found.group(1) if found else platform.processor() or "unknown"


def _commit() -> str:
    """Returns the commit of the checkout that the package lies in; empty where it lies in none."""
    if not (PACKAGE.parent / ".git").exists():
        return ""
    ask = ["git", "-C", str(PACKAGE.parent), "describe", "--always", "--dirty", "--abbrev=10", "--exclude=*"]
    try:
        return subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
