"""Many VMs in two forms: an array for every attribute of `vmenv.live.status.VmStatus`, or one of these for every VM."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from vmenv.live.status import VmState, VmStatus

_HINTS = typing.get_type_hints(VmStatus)
_CAN_BE_NONE = tuple(name for name, hint in _HINTS.items() if type(None) in typing.get_args(hint))
_STATE_OF = {state.value: state for state in VmState}
_DTYPES: dict[Any, Any] = {bool: np.bool_, str: np.str_, VmState: np.str_}


def columns_of(lists: Mapping[str, Sequence[Any]]) -> dict[str, np.ndarray]:
    """Returns arrays of these values, which JSON has as lists, with the types of `vmenv.live.status.HostColumns`."""
    return {name: np.array(lists[name], _DTYPES.get(hint, np.int64)) for name, hint in _HINTS.items()}


def rows_of(columns: Mapping[str, np.ndarray]) -> list[VmStatus]:
    """Returns the same VM by VM."""
    values: dict[str, Sequence[Any]] = {name: columns[name].tolist() for name in _HINTS}
    for name in _CAN_BE_NONE:
        values[name] = [None if value == -1 else value for value in values[name]]
    values["state"] = [_STATE_OF[name] for name in values["state"]]
    return [_row(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


def _row(values: Iterable[tuple[str, Any]]) -> VmStatus:
    status = object.__new__(VmStatus)
    vars(status).update(values)  # the constructor of a frozen class sets field by field, which takes twice as long
    return status
