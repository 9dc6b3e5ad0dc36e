"""One run, or many under one scheduler: from host and workload to outcome."""

from __future__ import annotations

from collections.abc import Sequence

from vmenv.checks import check_integer
from vmenv.dispatch.kind import KIND
from vmenv.dispatch.play import play_learned
from vmenv.dispatch.rollouts import roll_out
from vmenv.dispatch.run import Run
from vmenv.dispatch.scenarios.host import OwnHost
from vmenv.dispatch.scheduler import Scheduler
from vmenv.episodes.policy import Policy, find_policy
from vmenv.episodes.seeds import check_seeds
from vmenv.errors import SpecError
from vmenv.host import columns as c
from vmenv.host.spec import Host
from vmenv.workload.table import Workload


def simulate(
    host: Host,
    work: Workload,
    scheduler: str | Scheduler | Policy = "tsrr",
    *,
    seed: int = 0,
    num_slots: int | None = None,
    horizon_us: int | None = None,
    objective: str = "mean_response_us",
    record: bool = False,
    max_decisions: int | None = None,
    interpreted: bool = False,
) -> Run:
    """Plays one workload on one host under one scheduler.

    Args:
        host: The host.
        work: What arrives.
        scheduler: A name of `vmenv.list_schedulers()` or `vmenv.list_policies("dispatch")`, "my_module:MyScheduler", what
            `vmenv.make_scheduler` returns, or a learned policy.
        seed: Of the scheduler's own draws; most schedulers have none.
        num_slots: VMs present at a time at the most, the others wait in the admission queue; None: no limit.
        horizon_us: When the run is cut; None: when all VMs are done.
        objective: What `Run.cost` adds up.
        record: Whether `Run.grants` is filled.
        max_decisions: Decisions that the run may take at the most; None: no limit.
        interpreted: Whether to run as plain Python: some hundred times slower, the same digest.

    Raises:
        SpecError: A demand that the host cannot meet, or a parameter out of range.
        UnknownNameError: No such scheduler or objective.
        SimulationError: The clock would pass 285 years, or the run takes more than `max_decisions`; the message says where it stood then.
    """
    return simulate_many(
        host,
        [work],
        scheduler,
        seeds=[seed],
        num_slots=num_slots,
        horizon_us=horizon_us,
        objective=objective,
        record=record,
        max_decisions=max_decisions,
        interpreted=interpreted,
    )[0]


def simulate_many(
    host: Host,
    works: Sequence[Workload],
    scheduler: str | Scheduler | Policy = "tsrr",
    *,
    seeds: Sequence[int] | None = None,
    num_slots: int | None = None,
    horizon_us: int | None = None,
    objective: str = "mean_response_us",
    record: bool = False,
    max_decisions: int | None = None,
    interpreted: bool = False,
) -> list[Run]:
    """Plays many workloads on one host under one scheduler: `simulate` for each, compiled as one batch.

    Args:
        host: The host.
        works: One workload a run.
        scheduler: As in `simulate`.
        seeds: (len(works),) one a run; None: all 0.
        num_slots: As in `simulate`.
        horizon_us: As in `simulate`.
        objective: As in `simulate`.
        record: As in `simulate`.
        max_decisions: Of each run, as in `simulate`.
        interpreted: As in `simulate`.
    """
    policy = find_policy(scheduler, KIND)
    if not isinstance(policy, (Scheduler, Policy)):
        raise SpecError(f"scheduler is {policy!r}: give a name of vmenv.list_schedulers(), a vmenv.Scheduler, or a learned policy")
    if num_slots is not None:
        check_integer("num_slots", num_slots, least=1, most=2**24)
    if horizon_us is not None:
        check_integer("horizon_us", horizon_us, least=1, most=2**53)
    most = c.NEVER if max_decisions is None else check_integer("max_decisions", max_decisions, least=1, most=2**53)
    if not isinstance(host, Host):
        raise SpecError(f"host is {type(host).__name__} {host!r}: give a vmenv.Host first, then the workload")
    for work in works:
        if not isinstance(work, Workload):
            raise SpecError(f"work is {type(work).__name__} {work!r}: give a vmenv.Workload after the host")
        work.check_on(host)
    if isinstance(policy, Policy):
        return _play(policy, host, works, num_slots, horizon_us, objective, record, most, interpreted)
    numbers = [0] * len(works) if seeds is None else check_seeds(seeds)
    if len(numbers) != len(works):
        raise SpecError(f"seeds has {len(numbers)} entries: give {len(works)}, one for each workload")
    return roll_out(
        host,
        works,
        policy,
        seeds=numbers,
        num_slots=num_slots,
        horizon_us=horizon_us,
        objective=objective,
        record=record,
        most_decisions=most,
        interpreted=interpreted,
    )


def _play(
    policy: Policy,
    host: Host,
    works: Sequence[Workload],
    num_slots: int | None,
    horizon_us: int | None,
    objective: str,
    record: bool,
    most_decisions: int,
    interpreted: bool,
) -> list[Run]:
    """Plays a learned policy; without a limit there are as many slots as VMs."""
    runs = []
    for work in works:
        slots = work.num_vms if num_slots is None else num_slots
        scenario = OwnHost(host=host, workload=work, num_slots=slots, horizon_us=horizon_us, objective=objective)
        # A grant ends by its quantum, its phase, or (cut by an arrival) once more a VM that arrives.
        most_grants = int((work.work_us // host.quantum_us + 1).sum()) + work.num_vms * slots
        log_length = most_grants if record else 0
        runs += play_learned(policy, scenario, [0], log_length=log_length, most_decisions=most_decisions, interpreted=interpreted)
    return runs
