"""What is packaged: metadata that hold, and all files that the package and its source distribution must have."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import vmenv

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
EXTRAS_LOCKED = re.findall(r"--extra (\w+)", (ROOT / "Makefile").read_text())
SETUPTOOLS = PYPROJECT["tool"]["setuptools"]


def test_one_version_everywhere() -> None:
    assert PROJECT["version"] == vmenv.__version__
    assert f"version: {vmenv.__version__}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\n## {vmenv.__version__}\n" in (ROOT / "CHANGELOG.md").read_text()


def test_one_licence_everywhere() -> None:
    assert PROJECT["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
    assert "license: MIT\n" in (ROOT / "CITATION.cff").read_text()
    assert PROJECT["license-files"] == ["LICENSE"]
    assert not [line for line in PROJECT["classifiers"] if line.startswith("License")], "an SPDX expression takes their place"


def test_metadata_are_there() -> None:
    assert (ROOT / PROJECT["readme"]).stat().st_size > 1_000
    assert len(PROJECT["description"]) > 20
    assert PROJECT["keywords"]
    assert "Typing :: Typed" in PROJECT["classifiers"]


def test_pythons_that_are_named_begin_with_the_oldest_allowed() -> None:
    named = re.findall(r"Programming Language :: Python :: (3\.\d+)\n", "\n".join([*PROJECT["classifiers"], ""]))
    assert PROJECT["requires-python"] == f">={named[0]}"
    assert named == [f"3.{minor}" for minor in range(int(named[0][2:]), int(named[0][2:]) + len(named))]
    assert PYPROJECT["tool"]["ruff"]["target-version"] == f"py{named[0].replace('.', '')}"
    assert PYPROJECT["tool"]["mypy"]["python_version"] == named[0]


def test_the_command_is_there() -> None:
    for target in PROJECT["scripts"].values():
        module, _, function = target.partition(":")
        assert callable(getattr(__import__(module, fromlist=[function]), function))


def test_every_package_of_vmenv_is_packaged_and_no_other() -> None:
    assert SETUPTOOLS["packages"]["find"] == {"include": ["vmenv*"]}
    assert [path.name for path in ROOT.glob("vmenv*") if path.is_dir() and path.suffix != ".egg-info"] == ["vmenv"]
    without = {path.parent for path in (ROOT / "vmenv").rglob("*.py") if not (path.parent / "__init__.py").exists()}
    assert not without, "setuptools takes no folder for a package that has no __init__.py"


def test_every_file_of_vmenv_is_packaged() -> None:
    others = {path for path in (ROOT / "vmenv").rglob("*") if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".py"}
    packaged = {path for pattern in SETUPTOOLS["package-data"]["vmenv"] for path in (ROOT / "vmenv").glob(pattern)}
    assert others == packaged
    assert {path.suffix for path in packaged} == {".json", ".safetensors", ".typed"}


def test_the_source_distribution_has_all_folders() -> None:
    lines = (ROOT / "MANIFEST.in").read_text().splitlines()
    grafted = {line.split()[1] for line in lines if line.startswith("graft ")}
    included = {name for line in lines if line.startswith("include ") for name in line.split()[1:]}
    made = {"build", "dist", "runs", "venv"}  # by commands
    assert grafted >= {path.name for path in ROOT.iterdir() if path.is_dir() and list(path.glob("*.py")) and path.name not in made}
    assert all((ROOT / name).is_dir() for name in grafted)
    assert all((ROOT / name).is_file() for name in included)
    read = set(re.findall(r'ROOT / "(\w[\w.-]*)"', "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))))
    assert {name for name in read if (ROOT / name).is_file()} <= included | {"README.md", "LICENSE", "pyproject.toml", "MANIFEST.in"}


def test_every_extra_is_explained() -> None:
    told = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "howto" / "install.md").read_text(), re.MULTILINE)
    assert sorted(told) == sorted(PROJECT["optional-dependencies"])


def pins(name: str) -> dict[str, str]:
    """Returns the versions in a file, by the name of the package in small letters with hyphens."""
    found = re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / name).read_text(), re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", package).lower(): version for package, version in found}


def test_the_lock_has_hashes_for_the_versions_that_were_tried() -> None:
    text, tried, locked = (ROOT / "requirements.lock").read_text(), pins("constraints.txt"), pins("requirements.lock")
    assert {name: version for name, version in locked.items() if tried.get(name, version) != version} == {}
    entries = re.split(r"\n(?=\S)", text.rstrip("\n"))
    assert len(entries) == len(locked)
    for entry in entries:
        assert re.fullmatch(r"\S+==\S+( ; [^\n\\]+)? \\(\n    --hash=sha256:[0-9a-f]{64}( \\)?)+", entry), entry
    for extra in (None, *EXTRAS_LOCKED):
        needed = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
        assert {re.sub(r"[-_.]+", "-", Requirement(line).name).lower() for line in needed} <= set(locked), "make lock"


@pytest.mark.parametrize("extra", [None, *PROJECT["optional-dependencies"]])
def test_constraints_are_what_the_requirements_allow(extra: str | None) -> None:
    pinned = pins("constraints.txt")
    for line in PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]:
        requirement = Requirement(line)
        version = pinned.get(re.sub(r"[-_.]+", "-", requirement.name).lower())
        if requirement.name not in ("vmenv", "numba-cuda"):  # itself, and what only a machine with a GPU can have
            assert version is not None, f"{line} has no version that was tried"
            assert version in requirement.specifier
