"""What became of a run of the share model: amounts, times, metrics and a digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from vmenv.episodes.metric import measure
from vmenv.host.spec import Host
from vmenv.host.state import Floats, Ints
from vmenv.share import columns as c
from vmenv.share.metric import METRICS
from vmenv.share.state import State


@dataclass(frozen=True, eq=False)
class ShareRun:
    """A run up to now; VMs in order of arrival. Amounts are rates x microseconds, on CPU, disk and NIC.

    Attributes:
        host: The host.
        clock_us: Its length.
        num_decisions: Intervals.
        admission_us: (N,) -1 where it has not happened.
        completion_us: (N,) when its last phase was over and nothing waited; -1 where it has not happened.
        demanded: (N, 3) amounts.
        granted: (N, 3) amounts.
        lost: (N, 3) amounts.
        devices: (D, NUM_DEVICE_COLUMNS) the books of the devices, `vmenv.share.columns`.
        waited_us2: Integral over time of the backlog, as the time to drain it.
        folded: The two numbers in which every grant is folded.
    """

    host: Host
    clock_us: int
    num_decisions: int
    admission_us: Ints
    completion_us: Ints
    demanded: Ints
    granted: Ints
    lost: Ints
    devices: Ints
    waited_us2: float
    folded: tuple[int, int]

    @classmethod
    def read(cls, s: State, host: Host) -> ShareRun:
        """Returns what stands in the arrays."""
        n = int(s.run[c.NUM_VMS])
        books = s.books[:n].copy()
        return cls(
            host=host,
            clock_us=int(s.run[c.CLOCK_US]),
            num_decisions=int(s.run[c.NUM_INTERVALS]),
            admission_us=s.times[:n, c.ADMISSION_US].copy(),
            completion_us=s.times[:n, c.COMPLETION_US].copy(),
            demanded=books[:, :, c.BOOK_DEMANDED],
            granted=books[:, :, c.BOOK_GRANTED],
            lost=books[:, :, c.BOOK_LOST],
            devices=s.devices.copy(),
            waited_us2=float(s.waited[0]),
            folded=(int(s.run[c.DIGEST_A]), int(s.run[c.DIGEST_B])),
        )

    def in_us(self, column: int) -> Floats:
        """Returns (D,) a column of the devices' books as time at full capacity: active, idle, steal, in microseconds."""
        return np.asarray(self.devices[:, column] / np.array(self.host.capacities))

    def metrics(self) -> dict[str, float]:
        """Returns every registered metric by name."""
        return measure(METRICS, self)

    def digest(self) -> str:
        """Returns a digest of every grant, and of what became of every VM."""
        digest = hashlib.sha256(f"{self.clock_us} {self.num_decisions} {self.folded}".encode())
        for array in (self.admission_us, self.completion_us, self.demanded, self.granted, self.lost, self.devices):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]
