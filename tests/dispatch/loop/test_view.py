"""What a rule sees of a VM and of the host: what the network sees, and nothing of what is still to come."""

from __future__ import annotations

import numpy as np
import pytest

import vmenv
from vmenv.dispatch.episodes import DispatchEpisodes
from vmenv.dispatch.loop.looks import FURTHEST, num_present_of, num_runnable_of, since_arrivals, waiting_for_cpu
from vmenv.dispatch.loop.view import HostView, VmView, view_host, view_vm
from vmenv.episodes.scenario import make_scenario
from vmenv.host import columns as c
from vmenv.host.dynamics import can_wait, grant, settle
from vmenv.host.state import State, one

CLAIRVOYANT = {"size_us", "phase_left_us"}  # marked so in VmView


def begin(work: vmenv.Workload, host: vmenv.Host | None = None) -> State:
    """Returns the run of a workload at its first decision, interpreted."""
    episodes = DispatchEpisodes(make_scenario("host", host=host or vmenv.Host(), workload=work), 1, interpreted=True)
    episodes.restart([0], [0])
    return one(episodes.runs, 0)


def seen(s: State) -> dict[str, object]:
    """Returns all that a rule that is not clairvoyant sees."""
    found = {f"host.{name}": np.array(value).tolist() for name, value in view_host(s)._asdict().items()}
    for i in range(s.run[c.TOP_SLOT]):
        if s.front[i, c.STATUS] != c.EMPTY:
            values = view_vm(s, i)._asdict().items()
            found |= {f"vm {i}.{name}": np.array(value).tolist() for name, value in values if name not in CLAIRVOYANT}
    return found


@pytest.mark.parametrize("preempt", ["quantum", "none"])
def test_nothing_tells_how_much_work_is_left_or_what_is_to_come(preempt: str) -> None:
    """Two runs that differ in sizes, which are not shown yet, and in VMs that have not come: while VMs wait, and while they run.

    In one of them the VM in slot 1 ends first, in the other that in slot 0: neither the heap nor an order that follows it may be seen.
    """
    host = vmenv.Host(cpus=3, quantum_us=10_000, preempt=preempt)
    one_way = vmenv.Workload.from_arrays([0, 0, 0, 90_000], [9_000, 3_000, 50_000, 7_000], tenant=[0, 1, 0, 1])
    other = vmenv.Workload.from_arrays([0, 0, 0, 90_000, 95_000], [3_000, 9_000, 40_000, 1, 1], tenant=[0, 1, 0, 2, 0])
    runs = [begin(work, host) for work in (one_way, other)]
    for i in range(3):
        assert seen(runs[0]) == seen(runs[1])
        for s in runs:
            grant(s, i)
    assert seen(runs[0]) == seen(runs[1])
    assert any(s.lists[c.RUNNING_HEAP, 0] != runs[0].lists[c.RUNNING_HEAP, 0] for s in runs), "or the test shows nothing"


def test_the_view_of_the_host_is_what_the_state_says() -> None:
    """Random play of a scenario with tenants, deadlines and a full admission queue."""
    scenario = make_scenario("tenants", num_slots=6)
    episodes = DispatchEpisodes(scenario, 1, interpreted=True)
    episodes.restart([0], [3])
    rng, queued, waited = np.random.default_rng(0), 0, 0
    for _ in range(300):
        if episodes.phase[0]:
            break
        s = one(episodes.runs, 0)
        host = view_host(s)
        status = s.front[:, c.STATUS]
        assert host.num_runnable == (status == c.RUNNABLE).sum()
        assert host.num_running == (status == c.RUNNING).sum()
        assert host.num_slots == 6
        assert host.num_queued == host.arrivals_us.size - s.run[c.NEXT_ADMISSION]
        assert host.memory_resident_mib == s.slots[:, c.RESIDENT_MIB].sum()
        assert host.mapped[c.CPU] == s.front[status != c.EMPTY, c.CPU].sum()
        assert host.capacity[c.CPU] - host.free[c.CPU] == s.front[status == c.RUNNING, c.CPU].sum()
        assert host.can_wait == can_wait(s)
        assert host.next_turn_us == s.front[status == c.RUNNING, c.TURN_US].min(initial=c.NEVER)
        here = np.flatnonzero(status != c.EMPTY)
        assert host.numbers[here].tolist() == s.slots[here, c.VM].tolist()
        assert host.arrivals_us[host.numbers[here]].tolist() == s.slots[here, c.ARRIVAL_US].tolist()
        assert host.arrived_tenants[host.numbers[here]].tolist() == host.tenants[here].tolist()
        assert host.arrivals_us.max() <= host.now_us
        check_looks(s, host)
        queued, waited = max(queued, host.num_queued), max(waited, host.num_runnable)
        legal = np.flatnonzero(episodes.observations.action_mask[0])
        episodes.step(np.array([rng.choice(legal)]))
    assert queued > 0
    assert waited > 1


def check_looks(s: State, host: HostView) -> None:
    runnable = s.front[:, c.STATUS] == c.RUNNABLE
    demands = s.front[runnable, c.CPU]
    expected = (demands.sum(), demands.max(initial=0), (demands == host.capacity[c.CPU]).sum())
    assert tuple(waiting_for_cpu(host)) == expected
    for tenant in range(3):
        whose = s.slots[:, c.TENANT] == tenant
        assert num_runnable_of(host, tenant) == (runnable & whose).sum()
        assert num_present_of(host, tenant) == ((s.front[:, c.STATUS] != c.EMPTY) & whose).sum()
        arrivals = host.arrivals_us[host.arrived_tenants == tenant]
        if len(arrivals) >= 2 and len(host.arrivals_us) <= FURTHEST:
            assert since_arrivals(host, tenant) == (host.now_us - arrivals[-1], host.now_us - arrivals[-2])


def test_arrivals_before_the_run_and_further_back_count_as_where_the_looking_ends() -> None:
    num = FURTHEST + 3
    tenant = [1] + [0] * (num - 1)
    s = begin(vmenv.Workload.from_arrays(list(range(num)), [1_000] * num, tenant=tenant))
    host = view_host(s)
    assert since_arrivals(host, 1) == (0.0, 0.0), "its only arrival is now, at time 0, where the run begins"
    grant(s, 0)
    settle(s, False)
    host = view_host(s)
    assert len(host.arrivals_us) == num
    assert since_arrivals(host, 0) == (1_000 - (num - 1), 1_000 - (num - 2))
    assert since_arrivals(host, 1) == (1_000 - 3, 1_000 - 3)


def test_start_cost_of_a_view_is_what_a_grant_then_costs() -> None:
    """Two VMs that do not fit beside each other, of two tenants: switch, reload and paging in; nothing for the VM that goes on."""
    host = vmenv.Host(memory_mib=100, quantum_us=1_000, switch_us=50, reload_us=700, swap_kib_s=102_400)
    work = vmenv.Workload.from_arrays([0, 0], [5_000, 5_000], memory_mib=[60, 60], tenant=[0, 1])
    s = begin(work, host)
    for i in (0, 0, 1, 0, 0):
        before, goes_on = view_vm(s, i), s.slots[i, c.LAST_END_US] == s.run[c.CLOCK_US]
        assert (before.start_us == 0) == goes_on
        others = s.slots[1 - i, c.RESIDENT_MIB] * 10_000  # what paging the other one out takes, at 100 MiB/s
        paged_out = others if before.resident_mib == 0 else 0
        grant(s, i)
        assert s.slots[i, c.SERVICE_US] - s.run[c.CLOCK_US] == before.start_us + paged_out
        assert view_vm(s, i).running == 1
        assert view_vm(s, i).turn_us == s.slots[i, c.SERVICE_US] + 1_000
        settle(s, False)
        assert view_vm(s, i).turn_us == view_vm(s, i).last_end_us == s.run[c.CLOCK_US]


def test_what_is_clairvoyant_is_marked() -> None:
    assert set(VmView._fields) >= CLAIRVOYANT
    assert not CLAIRVOYANT & set(HostView._fields)
