"""The site is built without a warning, fetches nothing, and its pages are about all that there is."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import vmenv
from docs.pages.writing import arguments
from tests.docs.pages import ROOT
from vmenv.dispatch.scenarios.thrash import Thrash
from vmenv.dispatch.scheduler import SCHEDULERS
from vmenv.episodes.kinds import kinds
from vmenv.registry import Registry

FETCHED = re.compile(r"""(?:<(?:script|img|link|iframe|source)\b[^>]*?(?:src|href)=|url\(|@import\s)["']?(?:https?:)?//""")


def build(html: Path) -> None:
    options = ["--fail-on-warning", "--keep-going", "--nitpicky", "--quiet"]
    command = [sys.executable, "-m", "sphinx", *options, "--doctree-dir", str(html.with_suffix(".trees")), str(ROOT / "docs"), str(html)]
    done = subprocess.run(command, cwd=html.parent, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_site_is_built_and_is_about_all_that_there_is(tmp_path: Path) -> None:
    """One test, since it is built once: its sources are in the checkout, where two builds would get in each other's way."""
    html = tmp_path / "html"
    build(html)
    check_that_it_fetches_nothing(html)
    check_environments(html)
    check_reference(html)
    assert "<math" in (html / "model" / "host.html").read_text(), "formulas are drawn by the browser"
    assert [page for page in notebooks() if not (html / "notebooks" / f"{page}.html").is_file()] == []


def check_that_it_fetches_nothing(html: Path) -> None:
    pages = [*html.rglob("*.html"), *html.rglob("*.css")]
    assert len(pages) > 60
    assert [page.name for page in pages if FETCHED.search(page.read_text())] == []


def check_environments(html: Path) -> None:
    """Each has a page with its name and parameters; of one, what stands there."""
    for kind in kinds():
        for name in ours(kind.scenarios):
            text = (html / "environments" / f"{name}.html").read_text()
            assert kind.env_id(name) in text
            assert [field.name for field in dataclasses.fields(kind.scenarios[name]) if f">{field.name}<" not in text] == []
    text = re.sub(r"<[^>]+>", "", (html / "environments" / "thrash.html").read_text())
    assert "Discrete(25)" in text
    assert "Box(-1.0, 1.0, (24, 26), float32)" in text
    assert "vmenv/Thrash-v0: the only version so far" in text
    assert "thrash-index" in text, "who is best, from the committed results"


def check_reference(html: Path) -> None:
    schedulers, metrics = ((html / "reference" / f"{page}.html").read_text() for page in ("schedulers", "metrics"))
    for kind in kinds():
        assert [name for name in ours(kind.schedulers) if f'id="{kind.name}-{name.replace("_", "-")}"' not in schedulers] == []
        assert [name for name in ours(kind.metrics) if f">{name}<" not in metrics] == []
    text = (html / "reference" / "api" / "vmenv.html").read_text()
    assert [name for name in vmenv.__all__ if f'id="vmenv.{name}"' not in text] == []


def ours(registry: Registry[Any]) -> list[str]:
    """Returns the names of what comes with vmenv: other tests of this process may have registered things of their own."""
    return [name for name in registry.names() if registry[name].__module__.startswith("vmenv.")]


def notebooks() -> list[str]:
    return [path.stem for path in (ROOT / "notebooks").glob("*.ipynb")]


def test_what_docstrings_say_of_arguments_is_found_in_a_class_and_its_bases() -> None:
    told = arguments(Thrash)
    assert told["load"] == "Of the busier device: arrival rate x mean work x mean demand / capacity."
    assert told["num_slots"] == "VMs present at a time at the most."
    assert told["commit"].startswith("Whether picks are held")
    assert told["commit"].endswith("played with their `commit`.")


@pytest.mark.parametrize("name", SCHEDULERS.names())
def test_every_parameter_of_a_scheduler_is_explained(name: str) -> None:
    told = arguments(SCHEDULERS[name])
    assert [field.name for field in dataclasses.fields(SCHEDULERS[name]) if not told.get(field.name)] == []
