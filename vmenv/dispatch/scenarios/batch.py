"""batch: rigid parallel jobs on a machine of many processors, none of which is taken off before it is done.

A job takes its processors all at once, and says beforehand for how long it asks for them. Which one is next, and whether small ones may go
past a large one that does not fit, is all there is to decide; what counts is the bounded slowdown. Jobs are generated after Lublin and
Feitelson, or are windows of a log: of its first part for training, of its last for evaluation.
"""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vmenv.checks import check_bool, check_integer
from vmenv.dispatch.scenario import SCENARIOS, DispatchScenario
from vmenv.episodes.scenario import REAL
from vmenv.episodes.windows import TRAINED_PART, VALIDATED_PART, part_of
from vmenv.errors import SpecError, TraceError
from vmenv.host.spec import Host
from vmenv.host.state import Floats
from vmenv.jit import drawing
from vmenv.workload.drawing import Columns
from vmenv.workload.generators.lublin import paces_of_day, rigid_jobs
from vmenv.workload.lines import Progress
from vmenv.workload.table import Workload
from vmenv.workload.trace import read_trace
from vmenv.workload.traces._swf_header import Machine, machine_of


class Numbers(NamedTuple):
    """What `draw` needs to know."""

    num_vms: int
    cpus: int
    pace: float
    overestimate: float
    paces: Floats


@drawing
def draw(rng: np.random.Generator, p: Numbers, out: Columns) -> tuple[int, int, int]:
    """Jobs of the model; each asks for its run time and up to `overestimate` times as much beyond it."""
    n = p.num_vms
    if n <= len(out.work_us):
        jobs = rigid_jobs(rng, n, p.cpus, p.pace, p.paces)
        out.arrival_us[:n], out.work_us[:n], out.cpu_millicores[:n] = jobs.arrival_us, jobs.work_us, 1000 * jobs.processors
        out.estimate_us[:n] = np.floor(jobs.work_us * (1.0 + p.overestimate * rng.random(n))).astype(np.int64)
    return n, n, 0


@SCENARIOS.register("batch")
@dataclass(frozen=True, kw_only=True)
class Batch(DispatchScenario):
    """Rigid jobs on many pCPUs, without pre-emption.

    Args:
        path: A log in the Standard Workload Format whose windows are played; empty: jobs are generated.
        cpus: Processors; 0: what the log's header says, or 256.
        num_vms: Jobs of an episode; of a log, that many that follow one another. Where there are fewer slots, no more are looked at a time,
            and the others come in the order of their arrival.
        pace: Generated jobs come that many times as fast as those of the model's authors.
        overestimate: Generated jobs ask for 1 to 1 + that many times their run time.
        whole_nodes: Of a log: whether a job takes whole nodes, of MaxProcs / MaxNodes processors each, as its header has them.

    Raises:
        SpecError: A value is not allowed.
        TraceError: The log cannot be read, its header says nothing of the machine, or it has too few jobs.
    """

    summary = "rigid parallel jobs that are not pre-empted, generated after Lublin and Feitelson or of a log (SWF)"
    tags = (REAL,)
    draw = staticmethod(draw)

    path: str = ""
    cpus: int = 0
    num_vms: int = 256
    pace: float = 1.0
    overestimate: float = 0.0
    whole_nodes: bool = True
    objective: str = "mean_slowdown_10s"
    num_slots: int = 256
    time_scale_us: int = 3_600_000_000

    def __post_init__(self) -> None:
        super().__post_init__()
        check_integer("cpus", self.cpus, most=2**20)
        check_integer("num_vms", self.num_vms, least=1)
        check_bool("whole_nodes", self.whole_nodes)
        if not 1e-3 <= self.pace <= 1e6:
            raise SpecError(f"pace is {self.pace}: give a number from 0.001 to 1,000,000")
        if not 0 <= self.overestimate <= 1e3:
            raise SpecError(f"overestimate is {self.overestimate}: give a number from 0 to 1,000")

    @property
    def machine(self) -> Machine:
        """What the jobs run on: `cpus`, or what the log says."""
        said = machine_of(self.path) if self.path and (self.whole_nodes or not self.cpus) else Machine(self.cpus or 256, 1)
        return said._replace(processors=self.cpus or said.processors)

    def build_host(self) -> Host:
        """Processors and nothing else; jobs without pre-emption."""
        return Host(cpus=self.machine.processors, preempt="none", swap_kib_s=None)

    def numbers(self) -> Numbers:
        """See `draw`."""
        return Numbers(self.num_vms, self.machine.processors, float(self.pace), float(self.overestimate), paces_of_day())

    @property
    def draws_compiled(self) -> bool:
        """Whether jobs are generated: those of a log are read."""
        return not self.path and super().draws_compiled

    def prepare(self, progress: Progress | None = None) -> None:
        """Reads the log, if there is one."""
        if self.path:
            self.__dict__["log"] = self._read(progress)

    def draw_workload(self, rng: np.random.Generator, seed: int) -> Workload:
        """Generated jobs, or a window of the log: of its first part for training, of its last for evaluation (`vmenv.episodes.windows`)."""
        if not self.path:
            return super().draw_workload(rng, seed)
        smallest = round((VALIDATED_PART - TRAINED_PART) * self.log.num_vms)
        if self.num_vms > smallest:
            raise TraceError(f"{self.path} has {self.log.num_vms} jobs, in three parts: give a num_vms of {smallest} at the most")
        first, past, _ = part_of(seed, 0, self.log.num_vms)
        return self.window(int(rng.integers(first, past - self.num_vms + 1)))

    def window(self, first: int) -> Workload:
        """Returns `num_vms` jobs of the log, from the one with this place on; the first of them to arrive does so at 0."""
        columns = {field.name: getattr(self.log, field.name) for field in dataclasses.fields(self.log) if field.init}
        jobs = {name: column[first : first + self.num_vms] for name, column in columns.items() if column is not None}  # one phase each
        return Workload(**jobs | {"arrival_us": jobs["arrival_us"] - self.begins_us(first)})

    def begins_us(self, first: int) -> int:
        """Returns when that window begins in the log."""
        return int(self.log.arrival_us[first : first + self.num_vms].min())

    @functools.cached_property
    def log(self) -> Workload:
        """The jobs of the log that ran, on this machine, at the times of the log."""
        return self._read()

    def _read(self, progress: Progress | None = None) -> Workload:
        told = {} if progress is None else {"progress": progress}
        log = read_trace(self.path, "swf", processors="larger", rebase=False, **told)
        node = 1000 * (self.machine.per_node if self.whole_nodes else 1)
        rounded = -(-log.cpu_millicores // node) * node
        return dataclasses.replace(log, cpu_millicores=np.minimum(rounded, 1000 * self.machine.processors))
