"""What runs as plain Python until another process has compiled it: the same results, one take-over, and nobody left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vmenv.jit import meanwhile
from vmenv.jit.compile import bind_kept
from vmenv.jit.keeping import NotKept, keeps

RECIPE = "while True: pass"

# Plays an episode, waits until the helper is done, plays it again.
PROGRAM = """
import vmenv, gymnasium
env = gymnasium.make("vmenv/Mm1-v0", num_vms=20, num_slots=4).unwrapped
turn = env.episodes._part_of_turn
print(turn.is_compiled)
def play():
    _, info = env.reset(seed=3)
    over = False
    while not over:
        _, _, terminated, truncated, info = env.step(int(info["action_mask"].argmax()))
        over = terminated or truncated
    return env.run().digest()
print(play())
turn._helper.wait()
print(turn.is_compiled, play())
print(type(gymnasium.make("vmenv/Mm1-v0").unwrapped.episodes._part_of_turn).__name__)
"""


@pytest.fixture
def helper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def double(numbers: list[int], first: int, past: int) -> int:
    """Stands in for a turn."""
    numbers[first:past] = [2 * number for number in numbers[first:past]]
    return 0


def is_running(process: int) -> bool:
    """Returns whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_machine_code_takes_over_once(helper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    numbers, bound = [1, 2, 3], []

    def bind(function: object, arguments: tuple[list[int]]) -> object:
        bound.append(function)
        return lambda first, past: double(*arguments, first, past)

    monkeypatch.setattr(meanwhile, "bind", bind)
    turn = meanwhile.Meanwhile(helper, double, (numbers,))
    turn(0, 2)
    assert (numbers, turn.is_compiled, bound) == ([2, 4, 3], False, [])
    helper.communicate()  # closes its input, at which it ends
    assert turn.is_compiled
    turn(1, 3)
    turn(1, 3)
    assert (numbers, bound) == ([2, 16, 12], [double])


def test_the_helper_ends_with_its_parent() -> None:
    """However that ends: here by a signal that nobody can catch."""
    program = f"from vmenv.jit.meanwhile import _helper; print(_helper({RECIPE!r}).pid, flush=True); input()"
    parent = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert parent.stdout is not None
    helper = int(parent.stdout.readline())
    assert is_running(helper)
    parent.kill()
    parent.communicate()
    while is_running(helper):  # the suite's own limit of time ends this if it never ends
        pass


def test_a_program_ends_while_the_helper_compiles() -> None:
    """Without a word, warnings being errors, and without the helper."""
    program = f"from vmenv.jit.meanwhile import _helper; print(_helper({RECIPE!r}).pid)"
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    assert "another process is compiling" in done.stderr
    assert "Warning" not in done.stderr
    assert not is_running(int(done.stdout))


def test_nothing_is_compiled_where_only_the_kept_is_asked_for() -> None:
    with pytest.raises(NotKept):
        bind_kept(double, ([1],))


def test_without_a_place_to_keep_code_one_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vmenv").write_text("a file where the folder would be")
    monkeypatch.setenv("VMENV_CACHE_DIR", str(tmp_path))
    assert not keeps()
    monkeypatch.setattr(meanwhile, "bind", lambda *given: given)
    assert meanwhile.bind_soon(RECIPE, double, ([1],)) == (double, ([1],))


@pytest.mark.slow  # it compiles the simulator
def test_an_environment_with_nothing_compiled(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        env=os.environ | {"VMENV_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    first, digest, compiled, again, later = done.stdout.split()
    assert (first, compiled, later) == ("False", "True", "Bound")
    assert digest == again
