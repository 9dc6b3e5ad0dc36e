"""One decision a call, with a scheduler that is handed over in the quick way: the same as a decision of the loop."""

from __future__ import annotations

import pytest

import vmenv
from vmenv.dispatch.loop.engine import stack_params
from vmenv.dispatch.loop.live import STOP_ENOUGH, STOP_IDLE
from vmenv.host import columns as c


@pytest.mark.parametrize("interpreted", [True, False])
@pytest.mark.parametrize("scheduler", ["tsrr", "fcfs"])  # one whose keys stay the same is among them
def test_one_decision_is_one_of_the_loop(scheduler: str, interpreted: bool) -> None:
    chosen = vmenv.make_scheduler(scheduler)
    params = stack_params(chosen, [0])
    managers = []
    for _ in range(2):
        manager = vmenv.Manager(vmenv.Host(cpus=2, quantum_us=10_000, switch_us=100), interpreted=interpreted)
        for k in range(12):
            manager.create([vmenv.Phase(7_000 * (k + 1), cpu_millicores=400 + 100 * (k % 4))], arrival_us=9_000 * k)
        managers.append(manager)
    quick, loop = managers
    reason = STOP_ENOUGH
    while reason == STOP_ENOUGH:
        reason = quick._engine.decide(quick._live.runs, chosen, params, c.NEVER)
        assert loop._engine.carry_on(loop._live.runs, chosen, params, c.NEVER, 1) == reason
        assert quick.mark == loop.mark
    assert reason == STOP_IDLE
    assert quick.digest() == loop.digest()
    assert quick.state.run[c.STATE] == c.DONE
