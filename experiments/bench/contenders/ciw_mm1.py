"""Ciw: an M/M/1 queue of the same load; it draws its own arrivals and sizes."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from experiments.bench.contender import CONTENDERS, Contender, Sample, repeat

CUSTOMERS = 5_000


class CiwMm1(Contender):
    """A network of one node."""

    title = "Ciw, M/M/1"
    about = "Ciw: an M/M/1 queue of the same load 0.8; drawing the arrivals and sizes is part of it"
    unit = "VMs"
    packages = ("ciw",)

    def set_up(self) -> None:
        """Describes the network."""
        ciw: Any = import_module("ciw")
        self._network: Any = ciw.create_network(
            arrival_distributions=[ciw.dists.Exponential(rate=0.8)],
            service_distributions=[ciw.dists.Exponential(rate=1.0)],
            number_of_servers=[1],
        )
        self._play()

    def run(self, seconds: float) -> Sample:
        """Plays runs of other draws."""
        return repeat(self._play, seconds)

    def _play(self) -> int:
        ciw: Any = import_module("ciw")
        ciw.Simulation(self._network).simulate_until_max_customers(CUSTOMERS)
        return CUSTOMERS


CONTENDERS.register("ciw-mm1")(CiwMm1())
