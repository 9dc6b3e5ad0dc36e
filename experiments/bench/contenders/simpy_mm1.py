"""SimPy: the same M/M/1 queue, a process a customer, as in SimPy's own examples."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from experiments.bench.contender import CONTENDERS, Contender, Sample, repeat
from experiments.bench.queue import draw, ours


class SimpyMm1(Contender):
    """A `simpy.Resource` of capacity 1."""

    title = "SimPy, M/M/1"
    about = "SimPy: the same arrivals and sizes; a process a VM and a Resource. Its completions were compared with vmenv's, all are equal"
    unit = "VMs"
    packages = ("simpy",)

    def set_up(self) -> None:
        """Draws, and compares every completion with vmenv's."""
        host, work = draw()
        self._arrivals: list[int] = work.arrival_us.tolist()
        self._sizes: list[int] = work.size_us.tolist()
        if self._play() != ours(host, work):
            raise AssertionError("SimPy and vmenv differ in a completion time")

    def run(self, seconds: float) -> Sample:
        """Plays the same run again and again."""
        return repeat(lambda: len(self._play()), seconds)

    def _play(self) -> list[int]:
        import simpy

        environment = simpy.Environment()
        cpu = simpy.Resource(environment, capacity=1)
        completions = [0] * len(self._sizes)

        def serve(vm: int, size: int) -> Generator[Any, Any, None]:
            with cpu.request() as turn:
                yield turn
                yield environment.timeout(size)
            completions[vm] = int(environment.now)

        def arrive() -> Generator[Any, Any, None]:
            for vm, (arrival, size) in enumerate(zip(self._arrivals, self._sizes, strict=True)):
                yield environment.timeout(arrival - environment.now)
                environment.process(serve(vm, size))

        environment.process(arrive())
        environment.run()
        return completions


CONTENDERS.register("simpy-mm1")(SimpyMm1())
