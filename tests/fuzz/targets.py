"""What strangers' files go through: for each reader and each loader of policies a function that takes bytes, and samples to begin from.

A target does with the bytes what a user would do with such a file. Errors of vmenv are answers; whatever else comes out of it is a find.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import random
import re
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from safetensors.numpy import save

import vmenv
import vmenv.workload.lines
from tests.conftest import write_trace
from tests.fuzz import traces
from tests.fuzz.mutate import mutate_json, mutate_rows, mutate_safetensors
from vmenv.episodes.policy import Policy
from vmenv.episodes.saved import Arrays, Card, read_arrays, read_card, stem_of
from vmenv.errors import VmenvError
from vmenv.share.observation import host_features, vm_features
from vmenv.share.saved import SCORER
from vmenv.share.scorer import NUM_HOST_FEATURES, VM_FEATURES, num_weights
from vmenv.workload.trace import read_trace_with_report
from vmenv.workload.traces import _bitbrains_files
from vmenv.workload.traces._kept import Kept

MOST_BYTES = 2**20  # that a sample may unpack to
BETWEEN = b"\n\0\n"  # card and weights in one sample
WEIGHTS = "policy.safetensors"


@dataclass(frozen=True)
class Target:
    """Something that reads files.

    Attributes:
        run: A function (data, folder) that writes the bytes to files in the folder, and reads them.
        samples: Files as they should be.
        mutate: A function (data, rng) that changes something that is meant by the bytes.
    """

    run: Callable[[bytes, Path], None]
    samples: Callable[[], Iterator[bytes]]
    mutate: Callable[[bytes, random.Random], bytes]


def swf(data: bytes, folder: Path) -> None:
    """Reads a log, and counts its rows."""
    file = folder / "log.swf"
    file.write_bytes(data)
    for skip_bad_rows in (False, True):
        with contextlib.suppress(VmenvError), traces.nothing_kept():
            work, report = read_trace_with_report(file, "swf", skip_bad_rows=skip_bad_rows, max_unpacked_bytes=MOST_BYTES)
            rows = [line for line in _lines_of(data) if line.strip() and not line.lstrip().startswith(";")]
            assert report.num_rows == len(rows)
            assert report.num_rows == work.num_vms + report.num_off_rows + report.num_part_rows + report.num_bad_rows
            assert skip_bad_rows or not report.num_bad_rows


def bitbrains(data: bytes, folder: Path) -> None:
    """Reads the file of a VM, and counts its rows."""
    file = folder / "vm.csv"
    file.write_bytes(data)
    with mock.patch.object(_bitbrains_files, "_KEPT", Kept(0)), traces.nothing_kept():  # the next one may be as long and as old
        for skip_bad_rows in (False, True):
            with contextlib.suppress(VmenvError):
                samples = _bitbrains_files.read_samples(file, skip_bad_rows, MOST_BYTES, lambda done_bytes: None)
                assert samples.num_rows == sum(bool(line.strip()) for line in _lines_of(data)[1:])
                left_out = samples.num_bad_rows + samples.num_repeated_rows + samples.num_off_rows
                assert samples.num_rows == len(samples.time_us) + left_out
                assert skip_bad_rows or not samples.num_bad_rows
            with contextlib.suppress(VmenvError):
                read_trace_with_report(
                    file, "bitbrains", skip_bad_rows=skip_bad_rows, max_unpacked_bytes=MOST_BYTES, weigh_by_cores=True, duration_s=2**31 - 1
                )


def _lines_of(data: bytes) -> list[str]:
    whole = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    return whole.decode("utf-8-sig", errors="replace").split("\n")


def _logs() -> Iterator[bytes]:
    rows = [
        b"; Version: 2.2",
        *(b"%d %d -1 %d 4 -1 -1 4 60 -1 %d 7 1 -1 1 -1 -1 -1" % (k, 10 * k, 5 * k, k % 6) for k in range(9)),
        b"9 100 -1 30.5 -1 -1 -1 2 -1 -1 1 -1 1 -1 1 -1 -1 -1",
    ]
    yield b"\n".join(rows) + b"\n"
    yield gzip.compress(b"\r\n".join(rows), mtime=0)


def _vms() -> Iterator[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        text = (write_trace(Path(folder), num_vms=1, num_samples=9) / "0.csv").read_bytes()
    lines = text.splitlines()
    yield text
    yield gzip.compress(b"\r\n".join([*lines, lines[1], lines[2].replace(b"5000", b"0")]), mtime=0)


def mutate_file(data: bytes, rng: random.Random) -> bytes:
    """As `mutate_rows`, of a gzipped file what is in it."""
    if not data.startswith(b"\x1f\x8b"):
        return mutate_rows(data, rng)
    try:
        return gzip.compress(mutate_rows(gzip.decompress(data), rng), mtime=0)
    except (OSError, EOFError, zlib.error):
        return data


def _policy(data: bytes, folder: Path) -> Any:
    card, _, weights = data.partition(BETWEEN)
    # Weights that are not those of the card would be refused before anything looks into them.
    sum_of_weights = f'"sha256": "{hashlib.sha256(weights).hexdigest()}"'.encode()
    (folder / "policy.json").write_bytes(re.sub(rb'"sha256": "[0-9a-f]{64}"', sum_of_weights, card))
    (folder / WEIGHTS).write_bytes(weights)
    return vmenv.load_policy(folder)


def _samples_of(kind: str) -> Iterator[bytes]:
    for name in vmenv.list_policies(kind):
        yield _sample(*_read(stem_of(name)))


def _read(stem: Path) -> tuple[Card, Arrays]:
    card = read_card(stem)
    return card, read_arrays(stem, card) if "weights" in card else {}


def _sample(card: Card, arrays: Arrays) -> bytes:
    named = {"weights": {"file": WEIGHTS, "sha256": "0" * 64}} if arrays else {}
    return json.dumps(card | named).encode() + BETWEEN + (save(arrays) if arrays else b"")


def _samples_of_shares() -> Iterator[bytes]:
    yield from _samples_of("share")
    card = {"kind": SCORER, "vm_features": list(VM_FEATURES), "num_host_features": NUM_HOST_FEATURES}
    yield _sample(card, {"weights": np.linspace(-1.0, 1.0, num_weights(2))})


def _mutate_policy(data: bytes, rng: random.Random) -> bytes:
    card, _, weights = data.partition(BETWEEN)
    if rng.random() < 0.5:
        card = mutate_json(card, rng)
    else:
        weights = mutate_safetensors(weights, rng)
    return card + BETWEEN + weights


def dispatch_policy(data: bytes, folder: Path) -> None:
    """Loads a policy, and asks it what a run would ask."""
    with contextlib.suppress(VmenvError):
        policy = _policy(data, folder)
        if isinstance(policy, vmenv.Scheduler):
            assert np.asarray(policy.params(0)).dtype == np.float64
            policy.describe()


def share_policy(data: bytes, folder: Path) -> None:
    """Loads a policy, and asks it for actions."""
    with contextlib.suppress(VmenvError):
        policy = _policy(data, folder)
        if isinstance(policy, Policy):
            rng = np.random.default_rng(0)
            numbers = {"vms": rng.random((2, 4, len(vm_features()))), "host": rng.random((2, len(host_features(vmenv.Host()))))}
            actions = policy.actions({name: array.astype(np.float32) for name, array in numbers.items()})
            assert actions.shape == (2, 4)
            assert ((actions >= 0) & (actions <= 1)).all()


TARGETS = {
    "swf": Target(swf, _logs, mutate_file),
    "bitbrains": Target(bitbrains, _vms, mutate_file),
    "dispatch_policy": Target(dispatch_policy, lambda: _samples_of("dispatch"), _mutate_policy),
    "share_policy": Target(share_policy, _samples_of_shares, _mutate_policy),
} | {format: Target(*functions) for format, functions in traces.RUNS.items()}
