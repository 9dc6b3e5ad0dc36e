"""The samples of public traces that may lie beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

PUBLISHED = Path(__file__).parents[4] / "shared" / "traces"


def needs(name: str) -> pytest.MarkDecorator:
    """Returns a mark that skips a test where there is no sample of a trace."""
    return pytest.mark.skipif(not (PUBLISHED / name).is_dir(), reason=f"no trace files in ../shared/traces/{name}")
