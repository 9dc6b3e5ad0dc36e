"""Control groups of this process: where they are, folders of them that go with whoever made them, and what is left of others."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import time
from pathlib import Path

CONTROLLER = "cpu"  # the controller
_FOLDER = re.compile(r"vmenv-(\d+)-(\d+)-\d+")
_numbers = itertools.count()


def own_group(controller: str = "") -> Path:
    """Returns the folder of the control group that this process is in.

    Args:
        controller: One of those of version 1, as "cpu"; "": version 2.

    Raises:
        LookupError: None is mounted.
    """
    with open("/proc/self/mountinfo") as file:
        fields = [[part.split() for part in line.split(" - ")] for line in file]
    mounts = [before[4] for before, after in fields if after[0] == "cgroup2" and not controller]
    mounts += [before[4] for before, after in fields if after[0] == "cgroup" and controller in after[2].split(",")]
    with open("/proc/self/cgroup") as file:
        lines = [line.strip().split(":", 2) for line in file]
    groups = [path for number, names, path in lines if (controller in names.split(",") if controller else number == "0")]
    if not mounts or not groups:
        raise LookupError("none is mounted")
    return Path(mounts[0]) / groups[0].lstrip("/")


def write_obstacle(group: Path) -> str:
    """Returns why no groups can be made in a group, "" if they can."""
    if not (group / "cgroup.procs").exists() or not os.access(group, os.W_OK) or not os.access(group / "cgroup.procs", os.W_OK):
        return f"{group} cannot be written to"
    return ""


def find_cpu_root() -> tuple[int, Path]:
    """Returns the version of control groups that divides the CPU here, and a group in which groups that do can be made.

    Raises:
        LookupError: There is none; the message says why.
    """
    try:
        root = own_group(CONTROLLER)
    except (LookupError, OSError):
        return 2, _find_cpu_root_2()
    reason = write_obstacle(root)
    if reason:
        raise LookupError(reason)
    return 1, root


def _find_cpu_root_2() -> Path:
    try:
        own = own_group()
    except (LookupError, OSError) as error:
        raise LookupError(f"there are no control groups with a controller of the CPU ({error})") from error
    # A group that has processes of its own, as that of this one, gives its children no controllers: then beside it, where that is allowed.
    reasons = {root: _cpu_obstacle_2(root) for root in (own, own.parent)}
    for root, reason in reasons.items():
        if not reason:
            return root
    raise LookupError(reasons[own])


def _cpu_obstacle_2(root: Path) -> str:
    reason = write_obstacle(root)
    if reason:
        return reason
    if CONTROLLER not in (root / "cgroup.controllers").read_text().split():
        return f"{root} has no cpu controller: have it delegated to this user, or start vmenv in a group that has it"
    is_root_of_all = not (root / "cgroup.type").exists()  # the only one that gives its children controllers beside processes of its own
    if is_root_of_all or CONTROLLER in (root / "cgroup.subtree_control").read_text().split():
        return ""
    return (
        f"{root} has processes of its own, so that its groups have no cpu controller: move them into a group below it, and write +cpu to "
        f"{root / 'cgroup.subtree_control'}"
    )


def guests_root() -> Path:
    """Returns the group of version 2 in which groups of guests are made: one that can divide the CPU if there is one.

    Raises:
        LookupError: None is mounted.
    """
    with contextlib.suppress(LookupError):
        version, root = find_cpu_root()
        if version == 2:  # a process has one group for all
            return root
    return own_group()


def make_folder(root: Path) -> Path:
    """Makes a folder for control groups of this process, and removes those that managers which were killed have left behind.

    A container may share the group with others and see none of their processes: only those of its own name space of processes are judged.
    """
    space = os.stat("/proc/self/ns/pid").st_ino
    for left in root.iterdir():
        owner = _FOLDER.fullmatch(left.name)
        if owner and int(owner[1]) == space and not Path(f"/proc/{owner[2]}").exists():
            for inner in [inner for inner in left.iterdir() if inner.is_dir()]:
                remove_folder(inner)
            remove_folder(left)
    folder = root / f"vmenv-{space}-{os.getpid()}-{next(_numbers)}"
    folder.mkdir()
    return folder


def remove_folder(folder: Path) -> None:
    """Removes a control group, which is there until the last of its processes is quite gone."""
    until = time.monotonic() + 1.0
    while folder.exists():
        with contextlib.suppress(OSError):
            folder.rmdir()
            return
        if time.monotonic() > until:
            return
        time.sleep(0.002)
