"""Which format of traces some files have."""

from __future__ import annotations

from vmenv.errors import TraceError
from vmenv.workload.files import PathLike, find_files
from vmenv.workload.trace import TRACE_FORMATS, list_trace_formats


def guess_format(path: PathLike) -> str:
    """Returns the format of a file or folder, from how it begins.

    Raises:
        TraceError: Nothing is there, or it looks like none of the formats, or like several.
    """
    find_files(path, ("",))  # says what is wrong with the path, if anything is
    found = []
    for name in list_trace_formats():
        reader = TRACE_FORMATS[name]
        try:
            files = find_files(path, reader.suffixes)
        except TraceError:  # a folder without such files
            continue
        if reader.sniff(files):
            found.append(name)
    if len(found) != 1:
        looks = f"like {' and '.join(found)}" if found else f"like none of {', '.join(list_trace_formats())}"
        raise TraceError(f"{path} looks {looks}: give the format; csv reads any table, with options that name its columns")
    return found[0]
