"""The features of the observations as tables: name, meaning, unit and scale, from where they are declared."""

from __future__ import annotations

import importlib
from types import ModuleType

from docs.pages.writing import table
from vmenv.dispatch import observation as dispatch
from vmenv.dispatch.features import host as of_host
from vmenv.dispatch.features import vm as of_vm
from vmenv.dispatch.features.feature import Table
from vmenv.share import observation as share


def module_of(kind: str) -> ModuleType:
    """Returns the module that says what is observed."""
    return importlib.import_module(f"vmenv.{kind}.observation")


def tables_of(kind: str) -> str:
    """Returns the tables of the features of a kind of decision; of one that vmenv does not know, what its module says."""
    known = {"dispatch": _dispatch, "share": _share}
    return known[kind]() if kind in known else (module_of(kind).__doc__ or "")


def _declared(names: tuple[str, ...], declared: Table, first: int = 0) -> str:
    rows = [["", "feature", "meaning and scale", "unit of what is meant"]]
    rows += [[str(place), f"`{name}`", declared[name].describe(), declared[name].unit] for place, name in enumerate(names, first)]
    return table(rows)


def _dispatch() -> str:
    return "\n".join(
        [
            "`tau` is the scenario's `time_scale_us`; squash(x, y) is x / (x + y), which maps [0, inf) to [0, 1).",
            "",
            "`vms`, a row for each slot; the rows of empty slots are zero:",
            "",
            _declared(dispatch.VM_FEATURES, of_vm.VM),
            "Behind them with `clairvoyant=True`, for yardsticks:",
            "",
            _declared(dispatch.CLAIRVOYANT_FEATURES, of_vm.VM, len(dispatch.VM_FEATURES)),
            "Or with `history` (`agent.history=true`), what the episode has taught about sizes so far:",
            "",
            _declared(dispatch.HISTORY_FEATURES, of_vm.VM, len(dispatch.VM_FEATURES)),
            "`host`, one row:",
            "",
            _declared(dispatch.HOST_FEATURES, of_host.HOST),
            "and behind them, for each device in turn (`free_cpu`, `waiting_cpu`, `free_disk0`, ...):",
            "",
            _declared(dispatch.DEVICE_FEATURES, of_host.DEVICE, len(dispatch.HOST_FEATURES)),
            "`action_mask`: 1 for each slot whose VM can be granted now; the last is 1 while waiting leads somewhere.",
            "",
        ]
    )


def _told(features: dict[str, str]) -> str:
    return table([["feature", "meaning and scale"], *([f"`{name}`", meaning] for name, meaning in features.items())])


def _share() -> str:
    return "\n".join(
        [
            "All of it is past: what will be demanded is not in it. Root: the square root of the part of the capacity C; squash(x): "
            "x / (1 + x).",
            "",
            "`vms`, a row for each slot; the rows of empty slots are zero:",
            "",
            _told(share.VM_FEATURES),
            "behind them for the CPU, the disk and the NIC in turn (`cpu_now`, `disk_now`, ...):",
            "",
            _told(share.USE_FEATURES),
            "`host`, one row:",
            "",
            _told(share.HOST_FEATURES),
            "and behind it for each device in turn (`cpu_demand`, `disk0_demand`, ...):",
            "",
            _told(share.DEVICE_FEATURES),
        ]
    )
