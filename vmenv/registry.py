"""Registries that find their entries by themselves: to add an entry, add a file to the package."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Generic, TypeVar

from vmenv.errors import SpecError, UnknownNameError

T = TypeVar("T")


class Registry(Generic[T]):
    """Named entries, collected on first use by importing the modules of some packages, helpers (files that begin with `_`) left out.

    Args:
        kind: What an entry is, in the singular; used in messages.
        *packages: Dotted names of the packages whose modules register the entries.
    """

    def __init__(self, kind: str, *packages: str) -> None:
        self.kind = kind
        self._packages = packages
        self._entries: dict[str, T] = {}
        self._discovered = False

    def register(self, name: str) -> Callable[[T], T]:
        """Returns a decorator that enters what it decorates under `name`.

        Raises:
            SpecError: Another entry has this name already.
        """

        def enter(entry: T) -> T:
            held = self._entries.get(name)
            # Re-running a notebook cell defines the same thing anew: that replaces, it does not clash.
            if held is not None and _origin(held) != _origin(entry):
                raise SpecError(
                    f"{self.kind} {name!r} exists already ({_origin(held)}): choose another name than the one that {_origin(entry)} gives"
                )
            self._entries[name] = entry
            return entry

        return enter

    def __getitem__(self, name: str) -> T:
        self._discover()
        try:
            return self._entries[name]
        except (KeyError, TypeError):
            raise UnknownNameError(self.kind, str(name), self._entries) from None

    def __contains__(self, name: object) -> bool:
        self._discover()
        return name in self._entries

    def names(self) -> list[str]:
        """Returns all names in alphabetical order."""
        self._discover()
        return sorted(self._entries)

    def _discover(self) -> None:
        if self._discovered:
            return
        self._discovered = True
        for name in self._packages:
            package = importlib.import_module(name)
            for module in pkgutil.iter_modules(package.__path__):
                if not module.name.startswith("_"):  # helpers
                    importlib.import_module(f"{name}.{module.name}")


def _origin(entry: object) -> str:
    return f"{getattr(entry, '__module__', '?')}.{getattr(entry, '__qualname__', entry)}"
