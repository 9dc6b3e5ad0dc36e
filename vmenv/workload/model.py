"""A model of a workload: laws from which VMs like those of a trace are drawn. `vmenv.workload.fit` makes one; a file of JSON holds it.

What a VM uses of a resource is nothing where z < z0, and elsewhere the quantile of what it used while busy that z stands at, z being a
first-order autoregressive series of standard normal numbers (a Gaussian copula; Cario and Nelson, "Autoregressive to anything", Operations
Research Letters 19, 1996). Idleness z0, quantiles and autocorrelation differ from VM to VM, as do vCPUs and lifetime: a VM is drawn from
those that were seen, with all that goes together in it, and its means and lifetime are blurred a little (a smoothed bootstrap: Silverman
and Young, Biometrika 74, 1987). Within a VM the series of memory, disk and network follow that of the CPU to some part. Where VMs come and
go, batches come as a negative binomial number in each interval, by the hour of the day.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmenv.errors import SpecError
from vmenv.host.state import Floats

RESOURCES = ("cpu", "memory", "disk", "net")
NODES = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)  # quantiles that are kept, with lines between
OF_RESOURCE = ("log_mean", "idle_below", "autocorrelation", *(f"q{node:g}" for node in NODES))
CORES, LOG_LIFE, LIFE_BLUR, FIRST_OF_RESOURCES = range(4)
ATTRIBUTES = ("cores", "log_life", "life_blur", *(f"{resource}_{what}" for resource in RESOURCES for what in OF_RESOURCE))
HOURS = 24
VERSION = 2


class Laws(NamedTuple):
    """The model as compiled code takes it.

    Attributes:
        vms: (M, len(ATTRIBUTES)) of VMs that were seen. Quantiles are those of a resource's use while it is not idle, over their mean.
        blur: (len(ATTRIBUTES),) standard deviation of what is added to each; that of the lifetime is the VM's own, "life_blur".
        follows: (4,) correlation of each resource's z with the CPU's within a VM.
        most: (4,) the largest use that was seen: CPU as a part of the vCPUs, MiB, KiB/s, KiB/s.
        hours: (24,) use of the CPU by the hour / its mean.
        batches: (2,) r and p of the number of batches in an interval; r = 0: all VMs are there from the beginning.
        arrival_hours: (24,) batches by the hour / their mean.
        sizes: (Q,) quantiles of the number of VMs in a batch.
        life_step_us: (1,) lifetimes are whole multiples of it.
    """

    vms: Floats
    blur: Floats
    follows: Floats
    most: Floats
    hours: Floats
    batches: Floats
    arrival_hours: Floats
    sizes: Floats
    life_step_us: Floats


@dataclass(frozen=True, eq=False)
class WorkloadModel:
    """Laws of VMs, and where they are from.

    Attributes:
        interval_us: The time of a sample, and the one in which batches are counted.
        laws: The laws.
        num_vms: VMs that they were fitted on.
    """

    interval_us: int
    laws: Laws
    num_vms: int

    def save(self, path: str | Path) -> None:
        """Writes the model as JSON, which `WorkloadModel.load` and the scenarios `fitted` and `share_fitted` read."""
        told = {"vmenv_workload_model": VERSION, "interval_us": self.interval_us, "num_vms": self.num_vms, "attributes": ATTRIBUTES}
        laws = {name: np.round(law, 9).tolist() for name, law in self.laws._asdict().items()}
        Path(path).write_text(json.dumps(told | {"laws": laws}) + "\n")

    @classmethod
    def load(cls, path: str | Path) -> WorkloadModel:
        """Returns a saved model.

        Raises:
            SpecError: The file cannot be read, or holds something else.
        """
        try:
            told = json.loads(Path(path).read_text())
        except (OSError, ValueError) as error:
            raise SpecError(f"{path} is no model of a workload ({error}): give a file that WorkloadModel.save wrote") from error
        if not isinstance(told, dict) or told.get("vmenv_workload_model") != VERSION or tuple(told.get("attributes", ())) != ATTRIBUTES:
            raise SpecError(f"{path} is no model of a workload of this version: fit it again, vmenv.workload.fit(trace).save(path)")
        try:
            model = cls(int(told["interval_us"]), Laws(**{name: _array(law) for name, law in told["laws"].items()}), int(told["num_vms"]))
        except (KeyError, TypeError, ValueError) as error:
            raise SpecError(f"{path} is damaged ({error}): fit it again, vmenv.workload.fit(trace).save(path)") from error
        model.check(str(path))
        return model

    @classmethod
    def of(cls, path: Any, scenario: str) -> WorkloadModel:
        """Returns the model that a scenario's `path` names.

        Raises:
            SpecError: There is none.
        """
        if not path or not isinstance(path, str | Path):
            written = 'vmenv.workload.fit(trace).save("model.json")'
            raise SpecError(f'{scenario} has no path: give path="model.json", a file that {written} writes')
        return cls.load(path)

    def check(self, where: str) -> None:
        """Checks that something can be drawn from the laws.

        Raises:
            SpecError: It cannot.
        """
        laws, count = self.laws, len(ATTRIBUTES)
        shapes = {"blur": (count,), "follows": (4,), "most": (4,), "hours": (HOURS,), "batches": (2,), "arrival_hours": (HOURS,)} | {
            "life_step_us": (1,)
        }
        wrong = [name for name, shape in shapes.items() if getattr(laws, name).shape != shape]
        wrong += ["vms"] * (laws.vms.ndim != 2 or laws.vms.shape[1] != count or not len(laws.vms))
        wrong += ["sizes"] * (laws.sizes.ndim != 1 or len(laws.sizes) < 2)
        wrong += [name for name, law in laws._asdict().items() if not np.isfinite(law).all()]
        if not wrong:
            wrong += ["vms"] * bool(laws.vms[:, CORES].min() < 1 or np.abs(laws.vms).max() > 100_000)
            wrong += ["life_step_us"] * bool(laws.life_step_us[0] < 1)
            wrong += ["batches"] * bool(laws.batches[0] < 0 or not 0 < laws.batches[1] <= 1)
            wrong += [name for name in ("blur", "most", "hours", "arrival_hours") if (getattr(laws, name) < 0).any()]
        if wrong or self.interval_us < 1:
            what = wrong[0] if wrong else "interval_us"
            raise SpecError(f"{where} is damaged ({what}): fit it again, vmenv.workload.fit(trace).save(path)")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WorkloadModel) and all(_same(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))

    __hash__ = None  # type: ignore[assignment]  # arrays have none


def _array(values: Any) -> NDArray[np.float64]:
    return np.ascontiguousarray(values, np.float64)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Laws):
        return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)
