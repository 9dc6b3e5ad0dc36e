"""A numba whose insides have changed: plain numba takes their place, with one warning and the same results."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# What a future numba may do, before vmenv looks at it: take names away, rename a step, ask for other arguments, compute something else.
HIDDEN = """
import builtins
real = builtins.__import__
def without_insides(name, globals=None, *others):
    user = (globals or {}).get("__name__", "")
    if user.startswith("vmenv.jit.") and name.startswith(("numba.core", "llvmlite.ir")):
        raise ImportError(f"{name} is gone")
    return real(name, globals, *others)
builtins.__import__ = without_insides
"""
RENAMED = "from numba.core import codegen; codegen.Library = codegen.__dict__.pop('JITCodeLibrary')"
CHANGED = """
import sys
from numba.core import cgutils
real = cgutils.alloca_once_value
def with_another_argument(*given, **named):
    if sys._getframe(1).f_globals["__name__"].startswith("vmenv."):
        raise TypeError("an argument is missing")
    return real(*given, **named)
cgutils.alloca_once_value = with_another_argument
"""
DIFFERENT = "import vmenv.jit.simd_types as fours; fours._sum = lambda *given: fours.ir.Constant(fours.DOUBLE, 0.0)"
SMALL = """
from typing import Any, NamedTuple
import numpy as np
from vmenv.jit import bind, borrow, compiled, jittable, lend, lent, numba_module, pinned, threads
from vmenv.jit.compile import tools
from vmenv.jit.simd import four, put_four, sum_of

class Pair(NamedTuple):
    counts: Any
    weights: Any

@jittable
def weigh(s, params, flag):
    x = four(s.weights, 1)
    put_four(s.weights, 4, abs(x * params[0]) + x / 3.0)
    return s.counts.shape[0] + int(sum_of(four(s.weights, 4)))

def ask(pair, choose, params):
    s = pinned(pair)
    return choose(lend(s), params, True) + s.counts.shape[0]

def count(pair, first, past):
    for i in range(first, past):
        pair.counts[i] += 1
    return past

def pair():
    return Pair(np.zeros(600, np.int64), np.linspace(-1.0, 1.0, 8))

types = numba_module().types
signature = types.int64(lent(pair()), types.float64[::1], types.boolean)
choose = compiled(borrow(weigh, pair(), "weigh"), signature)
machine = compiled(ask, types.int64(numba_module().typeof(pair()), types.FunctionType(signature), types.float64[::1]))
one, other = pair(), pair()
assert machine(one, choose, np.array([-7.0])) == ask(other, weigh, np.array([-7.0]))
assert one.weights.tobytes() == other.weights.tobytes()
threads.divide(bind(count, (one,)), 600, 10)
assert (one.counts == 1).all()
assert tools() is tools()
print(tools().name)
"""
RUNS = """
import hashlib
import gymnasium, numpy as np, vmenv
from vmenv.jit.compile import tools
host = vmenv.Host(quantum_us=10)
work = vmenv.Workload.from_arrays([0, 3, 10, 11], [25, 12, 8, 30])
print(vmenv.simulate(host, work, "las").digest(), vmenv.simulate(host, work, "easy").digest())
thrash, policy = vmenv.make_scenario("thrash"), vmenv.load_policy("thrash-index")
print(vmenv.simulate(thrash.build_host(), thrash.episode(0), policy, num_slots=thrash.num_slots, objective=thrash.objective).digest())
"""
BATCH = """
import hashlib
import gymnasium, numpy as np, vmenv
from vmenv.jit.compile import tools
envs, seen = gymnasium.make_vec("vmenv/Thrash-v0", num_envs=64), hashlib.sha256()
observations, _ = envs.reset(seed=3)
for k in range(20):
    actions = np.array([np.flatnonzero(mask)[k % mask.sum()] for mask in observations["action_mask"]])
    observations, rewards, *_ = envs.step(actions)
    for array in (*observations.values(), rewards):
        seen.update(array.tobytes())
print(seen.hexdigest())
"""


def run(program: str) -> tuple[str, int]:
    """Returns what a program prints, and how many warnings of changed insides there were."""
    environment = os.environ | {"VMENV_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True)
    return done.stdout, done.stderr.count("has changed where vmenv looks inside it")


@pytest.mark.parametrize("change", [HIDDEN, RENAMED, CHANGED, DIFFERENT], ids=["hidden", "renamed", "changed", "different"])
def test_whatever_changes_plain_numba_does_the_same(change: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VMENV_CACHE_DIR", str(tmp_path))  # nothing has been tried
    assert run(f"{change}\n{SMALL}") == ("plain\n", 1)


def test_this_numba_is_as_it_was() -> None:
    assert run(SMALL) == ("fast\n", 0)


@pytest.mark.slow
@pytest.mark.parametrize("program", [BATCH, RUNS], ids=["batch", "runs"])
def test_digests_are_the_same(program: str) -> None:
    """Both kinds of code are kept in the usual cache: a minute for a first time."""
    plain, fast = run(f"{HIDDEN}\n{program}"), run(program)
    assert plain == (fast[0], 1)
    assert fast[1] == 0


def test_generators_that_draw_something_else_are_not_used(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = "from vmenv.jit.compile import can_draw, tools; print(tools().name, can_draw())"
    assert run(asked) == ("fast True\n", 0)
    monkeypatch.setenv("VMENV_CACHE_DIR", str(tmp_path))  # nothing has been tried
    assert run(f"import vmenv.jit.generators as g; g.MULTIPLIER += 2\n{asked}") == ("fast False\n", 1)
    assert run(f"{HIDDEN}\n{asked}") == ("plain False\n", 1)
