"""The header of an SWF log: the machine that it is of."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from vmenv.errors import TraceError


class Machine(NamedTuple):
    """What the header says of the machine.

    Attributes:
        processors: MaxProcs, or MaxNodes where it is not given.
        per_node: Processors of a node, which a machine that does not share nodes gives to one job: MaxProcs / MaxNodes, rounded down.
    """

    processors: int
    per_node: int


def machine_of(path: str | Path) -> Machine:
    """Returns the machine of a log.

    Raises:
        TraceError: There is no such file, or its header names neither MaxProcs nor MaxNodes.
    """
    said: dict[str, int] = {}
    for line in _header(Path(path)):
        name, _, value = line.lstrip("; \t").partition(":")
        if name in ("MaxProcs", "MaxNodes") and value.split() and value.split()[0].isdigit():
            said[name] = int(value.split()[0])
    processors = said.get("MaxProcs") or said.get("MaxNodes") or 0
    if not processors:
        raise TraceError(f"the header of {path} says neither MaxProcs nor MaxNodes: give the number of processors")
    return Machine(processors, max(1, processors // (said.get("MaxNodes") or processors)))


def _header(path: Path) -> Iterator[str]:
    try:
        with gzip.open(path, "rt", errors="replace") if path.suffix == ".gz" else path.open(errors="replace") as lines:
            for line in lines:
                if line.strip() and not line.lstrip().startswith(";"):
                    return
                yield line.strip()
    except (OSError, EOFError) as error:
        raise TraceError(f"{path} cannot be read: {error}; give a log in the Standard Workload Format") from error
