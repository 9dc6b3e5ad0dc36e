"""What a user mistypes or mixes up is answered with one clear error: what was given, what is allowed, what to do."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import numpy as np
import pytest

import vmenv
from vmenv.errors import SimulationError, SpecError, UnknownNameError, suggestion

HOST, WORK = vmenv.Host(), vmenv.Workload.from_arrays([0, 0], [30, 10])


@pytest.mark.parametrize(("typo", "meant"), [("sprt", "srpt"), ("tsr", "tsrr"), ("lsa", "las"), ("FCFS", "fcfs"), ("mlfqq", "mlfq")])
def test_the_nearest_name_is_the_one_with_two_letters_changed(typo: str, meant: str) -> None:
    assert suggestion(typo, vmenv.list_schedulers()).startswith(f"did you mean {meant!r}?")


def test_a_host_that_is_mistyped() -> None:
    with pytest.raises(SpecError, match="a host has no 'cpu': did you mean 'cpus'"):
        vmenv.Host(cpu=2)
    host = vmenv.Host(cpus=2)
    assert copy.deepcopy(host) == pickle.loads(pickle.dumps(host)) == host


def test_arguments_that_changed_places() -> None:
    with pytest.raises(SpecError, match=r"host is Workload .*: give a vmenv.Host first, then the workload"):
        vmenv.simulate(WORK, HOST)
    with pytest.raises(SpecError, match=r"work is list \[30, 10\]: give a vmenv.Workload after the host"):
        vmenv.simulate(HOST, [30, 10])


def test_numbers_that_are_too_large_are_not_to_be_rounded() -> None:
    with pytest.raises(SpecError, match="work_us holds 1000000000000000000000000000000, which is too large: give whole numbers from 1 to"):
        vmenv.Workload.from_arrays([0], [10**30])
    with pytest.raises(SpecError, match=r"work_us holds 0.5: give whole numbers \(round them"):
        vmenv.Workload.from_arrays([0], [0.5])


@pytest.mark.parametrize("load", ["0.9", True, None, [0.9]])
def test_a_parameter_that_is_no_number(load: Any) -> None:
    with pytest.raises(SpecError, match=r"load is .*: give a number"):
        vmenv.make_scenario("thrash", load=load)
    assert vmenv.make_scenario("thrash", load=np.float32(0.5)).load == 0.5


def test_a_metric_that_is_mistyped() -> None:
    metrics = vmenv.simulate(HOST, WORK, interpreted=True).metrics()
    with pytest.raises(UnknownNameError, match="unknown metric 'mean_slowdwn': did you mean 'mean_slowdown'"):
        metrics["mean_slowdwn"]
    assert json.loads(json.dumps(metrics)) == metrics


class Never(vmenv.Scheduler):
    """It grants nobody."""

    information = "blind"
    source = "a test"
    waits_on_purpose = True

    @staticmethod
    def key(vm: Any, host: Any, params: Any) -> tuple[float, float]:
        return np.inf, 0.0


def test_a_scheduler_that_never_grants_is_told_so() -> None:
    with pytest.raises(SimulationError, match="at 0 us the scheduler grants none of the 2 VMs that are runnable"):
        vmenv.simulate(HOST, WORK, Never(), interpreted=True)


def test_no_quantum_is_a_very_long_one() -> None:
    """A grant then runs to its phase's end, as it does without pre-emption."""
    long, none = vmenv.Host(quantum_us=2**53), vmenv.Host(preempt="none")
    runs = [vmenv.simulate(host, WORK, "fcfs", interpreted=True) for host in (long, none)]
    assert runs[0].completion_us.tolist() == runs[1].completion_us.tolist() == [30, 40]
    assert vmenv.simulate(long, WORK, "fcfs").digest() == runs[0].digest()
