"""What the numbers depend on: the machine and the versions."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from experiments.bench.latency import latencies_ns


def cpu_model() -> str:
    """Returns the processor's name."""
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found.group(1) if found else platform.processor() or platform.machine()


def cache_sizes() -> dict[str, str]:
    """Returns the sizes of the caches that a core sees, such as {"L2": "1024K"}; empty where the system does not say."""
    found = {}
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        try:
            level, kind, size = ((index / name).read_text().strip() for name in ("level", "type", "size"))
        except OSError:
            continue
        if kind != "Instruction":
            found[f"L{level}"] = size
    return found


def slug() -> str:
    """Returns the machine's kind as the name of a file."""
    return re.sub(r"[^a-z0-9]+", "-", f"{cpu_model()} {num_cores()} cores".lower()).strip("-")


def num_cores() -> int:
    """Returns how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def load() -> float | None:
    """Returns how many programs wanted a core in the last minute, None where the system does not say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def commit() -> str:
    """Returns the commit of the checkout, "unknown" without one."""
    try:
        asked = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=10"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return asked.stdout.strip()


def facts(packages: Iterable[str], busy: float | None) -> dict[str, Any]:
    """Returns all that the numbers depend on.

    Args:
        packages: Whose versions count.
        busy: Load of the machine by other programs.
    """
    return {
        "processor": cpu_model(),
        "cores": num_cores(),
        "caches": cache_sizes(),
        "latency_ns": {f"{size} KiB": round(ns, 1) for size, ns in latencies_ns().items()},
        "load": busy,
        "commit": commit(),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "versions": versions(packages),
    }


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Returns the versions of Python and of those packages that are installed."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
