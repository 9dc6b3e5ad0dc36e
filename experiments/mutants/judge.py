"""Runs tests in the current folder, all interpreted, and notes which of them fail.

`python -m experiments.mutants.judge FILE [pytest arguments]`. What would run compiled runs interpreted as well: both come from the same
source, tests of their own compare them, and compiling would take longer than all the tests. A failing example is not made smaller.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import vmenv.dispatch.loop.engine
import vmenv.jit.mode

TEST_LIMIT_S = 45  # of processor time, of one test: a mutant may make a run that does not end. The longest takes some 25 s.


class EndlessError(BaseException):
    """A test takes too long. No Exception, so that nobody on the way catches it."""


class Witness:
    """Notes every test function that fails, as soon as it does. After one that takes too long no other is run."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._noted: set[str] = set()
        self._too_long = False

    def pytest_configure(self) -> None:
        """Called by pytest, before it imports the tests."""
        import hypothesis

        phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
        hypothesis.settings.register_profile("judge", phases=phases, report_multiple_bugs=False)  # the first failure is enough
        hypothesis.settings.load_profile("judge")

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Called by pytest."""
        name = report.nodeid.partition("[")[0]
        if report.failed and name not in self._noted:
            self._noted.add(name)
            with self._file.open("a") as file:
                file.write(name + "\n")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        """Called by pytest."""
        if self._too_long:
            pytest.skip("one has taken too long")
        signal.setitimer(signal.ITIMER_VIRTUAL, TEST_LIMIT_S)
        try:
            return (yield)
        except EndlessError:
            self._too_long = True
            raise
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _too_long(*_: object) -> None:
    raise EndlessError(f"more than {TEST_LIMIT_S} s")


def main(file: Path, arguments: list[str]) -> int:
    """Runs the tests and returns pytest's exit status."""
    if not Path(vmenv.dispatch.loop.engine.__file__).is_relative_to(Path.cwd()):
        sys.exit(f"error: vmenv is imported from {vmenv.dispatch.loop.engine.__file__}: run this in the folder of the mutant")
    vmenv.dispatch.loop.engine._compiled_engine = lambda: vmenv.dispatch.loop.engine.INTERPRETED  # type: ignore[assignment]  # on purpose
    vmenv.jit.mode.COMPILED = vmenv.jit.mode.INTERPRETED
    signal.signal(signal.SIGVTALRM, _too_long)
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=no"]
    return int(pytest.main([*options, *arguments], plugins=[Witness(file)]))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
