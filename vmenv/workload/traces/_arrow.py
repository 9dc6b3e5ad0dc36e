"""pyarrow, which comes with the extra `traces` and is loaded when a trace needs it."""

from __future__ import annotations

from typing import Any

from vmenv.errors import TraceError


def arrow(what: str) -> tuple[Any, Any, Any]:
    """Returns the modules pyarrow, pyarrow.csv and pyarrow.parquet.

    Args:
        what: What needs them.

    Raises:
        TraceError: They are not installed.
    """
    try:
        import pyarrow
        import pyarrow.csv
        import pyarrow.parquet
    except ImportError as error:
        raise TraceError(f"{what} needs pyarrow, which is not installed: pip install 'vmenv[traces]'") from error
    return pyarrow, pyarrow.csv, pyarrow.parquet
