"""What importing vmenv brings in, and what the package may know of its neighbours."""

from __future__ import annotations

import subprocess
import sys

import vmenv


def modules_after(statement: str) -> set[str]:
    code = f"{statement}; import sys; print(*sorted(sys.modules))"
    return set(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split())


def test_import_is_light() -> None:
    assert not modules_after("import vmenv") & {
        "numba",
        "torch",
        "pandas",
        "matplotlib",
        "scipy",
        "hydra",
        "fastapi",
        "pydantic",
        "uvicorn",
    }


def test_a_client_and_an_interpreted_host_need_no_more_than_vmenv() -> None:
    statement = "import vmenv; vmenv.connect; vmenv.Manager(interpreted=True).create([vmenv.Phase(5)])"
    assert not modules_after(statement) & {"numba", "torch", "fastapi", "pydantic", "uvicorn"}


def test_simulation_needs_no_learner() -> None:
    statement = "import vmenv; vmenv.simulate(vmenv.Host(), vmenv.Workload.from_arrays([0], [5]), interpreted=True)"
    assert not modules_after(statement) & {"torch", "hydra", "stable_baselines3", "matplotlib", "agents", "experiments"}


def test_every_public_name_is_there() -> None:
    for name in vmenv.__all__:
        assert getattr(vmenv, name) is not None, name
    assert set(vmenv.__all__) == set(vmenv._HOME_OF)
    assert set(vmenv.__all__) <= set(dir(vmenv))


def test_version_is_the_same_everywhere() -> None:
    import importlib.metadata

    assert importlib.metadata.version("vmenv") == vmenv.__version__


def test_public_names_do_not_turn_into_modules() -> None:
    """A module vmenv.x that is imported takes the name vmenv.x, so that no public name may be that of a module."""
    import pkgutil

    assert not set(vmenv.__all__) & {module.name for module in pkgutil.iter_modules(vmenv.__path__)}
