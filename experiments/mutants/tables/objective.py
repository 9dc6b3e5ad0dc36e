"""Mutants of objectives and metrics of dispatch."""

from __future__ import annotations

from experiments.mutants.part import ENOUGH, Part

PART = Part(
    about="objectives and metrics of dispatch",
    tests=(
        ("tests/dispatch/test_objective.py::test_rates_by_hand", "tests/dispatch/metrics", ENOUGH),
        ("tests/dispatch/test_objective.py", ENOUGH),
    ),
    few=1,
    rows={
        "vmenv/dispatch/objective.py": [
            ("alone a VM needs no start", "return host.switch_us + workload.size_us", "return 0 * host.switch_us + workload.size_us"),
            ("response times count their weights", "return nothing + 1.0, nothing", "return nothing + weight, nothing"),
            ("weights are dropped", "return nothing + weight, nothing", "return nothing + 1.0, nothing"),
            ("the slowdown is not one of the VM's own size", "return 1.0 / alone_us, nothing", "return nothing + 1e-3, nothing"),
            (
                "those without a deadline are late from the beginning",
                "return nothing, nothing + (slo_us > 0) * weight",
                "return nothing, nothing + (slo_us >= 0) * weight",
            ),
            ("VMs are late as tasks are", "(1 - is_vm) * (slo_us > 0)", "(slo_us > 0)"),
            ("a task that is late costs no weight", "weight / np.maximum(slo_us, 1)", "1 / np.maximum(slo_us, 1)"),
        ],
        "vmenv/dispatch/metrics/deadlines.py": [
            ("who is done at its deadline has missed it", "(run.response_us > bound)[judged]", "(run.response_us >= bound)[judged]"),
            ("who has no deadline has missed it", "judged = (bound > 0) & run.due", "judged = run.due"),
            ("tardiness counts no weights", "(run.workload.weight * late)[run.due]", "late[run.due]"),
            (
                "who is early makes up for who is late",
                "np.where(bound > 0, np.maximum(run.response_us - bound, 0), 0)",
                "np.where(bound > 0, run.response_us - bound, 0)",
            ),
        ],
        "vmenv/dispatch/metrics/response.py": [
            (
                "the 99th percentile of responses is the 95th",
                "np.percentile(run.response_us[run.arrived], 99)",
                "np.percentile(run.response_us[run.arrived], 95)",
            ),
            (
                "those that did not come have responses of 0",
                "return float(run.response_us[run.arrived].mean()) if",
                "return float(run.response_us.mean()) if",
            ),
            ("those that are done are unfinished", "(~run.completed).sum()", "run.completed.sum()"),
            ("waits are responses", "run.wait_us[run.arrived].mean()", "run.response_us[run.arrived].mean()"),
        ],
        "vmenv/dispatch/metrics/slowdown.py": [
            (
                "the bound of very short jobs is 1 s",
                "np.maximum(run.workload.size_us, BOUND_US)",
                "np.maximum(run.workload.size_us, BOUND_US // 10)",
            ),
            ("a bounded slowdown may be below 1", "np.maximum(1.0, run.response_us / work)", "(run.response_us / work)"),
            ("the 99th percentile of slowdowns is the 95th", "np.percentile(slowdowns(run), 99)", "np.percentile(slowdowns(run), 95)"),
            ("Jain's index is one of slowdowns", "speed = 1.0 / slow[slow > 0]", "speed = slow[slow > 0]"),
        ],
        "vmenv/dispatch/metrics/fairness.py": [
            (
                "who demands little is entitled to a whole part",
                "enough = 1000 * run.host.cpus * weight / np.maximum(demand, 1e-9)",
                "enough = 1e12 * weight / np.maximum(demand, 1e-9)",
            ),
            ("two pCPUs entitle to one", "enough = 1000 * run.host.cpus * weight", "enough = 1000 * weight"),
            (
                "demand is that of the first phase",
                "np.add.reduceat(work.work_us * work.cpu_millicores, work.first_phase) / work.size_us",
                "work.cpu_millicores[work.first_phase] * 1.0",
            ),
            ("lag is in millicores", "max(initial=0.0)) / 1000)", "max(initial=0.0)))"),
        ],
        "vmenv/dispatch/metrics/host.py": [
            (
                "utilisation counts start costs",
                "return _share_of_cpu(run, c.SERVED)",
                "return _share_of_cpu(run, c.SERVED) + _share_of_cpu(run, c.OVERHEAD)",
            ),
            ("overhead is that of the disk", "booked(run.devices.T, c.CPU, column)", "booked(run.devices.T, c.DISK, column)"),
        ],
        "vmenv/dispatch/metrics/maintenance.py": [
            (
                "a snapshot that is due now is missed",
                "(run.response_us > run.workload.slo_us)[judged]",
                "(run.response_us >= run.workload.slo_us)[judged]",
            ),
            ("compressions are missed snapshots", "(run.workload.kind == c.SNAPSHOT) & (run", "(run.workload.kind != c.RUN) & (run"),
            (
                "contention is part of the progress",
                "served = run.attained_us.sum() + run.contended_us.sum()",
                "served = run.attained_us.sum()",
            ),
            (
                "who was not let in has not waited",
                "np.where(run.admission_us >= 0, run.admission_us, run.end_us)",
                "np.where(run.admission_us >= 0, run.admission_us, run.arrival_us)",
            ),
        ],
        "vmenv/dispatch/run.py": [
            (
                "who is not done has no response yet",
                "np.where(destroyed_us >= 0, destroyed_us, end_us))",
                "np.where(destroyed_us >= 0, destroyed_us, arrival_us))",
            ),
            ("who arrives at the end of the run has not come", "(self.arrival_us <= self.end_us) &", "(self.arrival_us < self.end_us) &"),
            ("maintenance tasks count as VMs", "return self.workload.is_vm & self.due", "return self.due"),
        ],
    },
)
