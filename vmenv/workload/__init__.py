"""Workloads: the table of VMs and phases, and what writes it: generators and trace readers."""

from vmenv.workload.fitting import fit
from vmenv.workload.model import WorkloadModel
from vmenv.workload.table import Phase, Workload

__all__ = ["Phase", "Workload", "WorkloadModel", "fit"]
