"""Registries that find their entries by themselves: to add an entry, add a file to the package, or name one as "my_module:MyThing"."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any, Generic, TypeVar

from vmenv.errors import SpecError, UnknownNameError, suggestion

T = TypeVar("T")


class Registry(Generic[T]):
    """Named entries, collected on first use by importing the modules of some packages, helpers (files that begin with `_`) left out.

    Args:
        item: What an entry is, in the singular; used in messages.
        *packages: Dotted names of the packages whose modules register the entries.
        base: The class whose subclasses the entries are; None: they are something else, such as functions.
    """

    def __init__(self, item: str, *packages: str, base: type | None = None) -> None:
        self.item = item
        self.base = base
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
                    f"{self.item} {name!r} exists already ({_origin(held)}): choose another name than the one that {_origin(entry)} gives"
                )
            self._entries[name] = entry
            return entry

        return enter

    def __getitem__(self, name: str) -> T:
        self._discover()
        if isinstance(name, str) and ":" in name:
            return self._from_outside(name)
        try:
            return self._entries[name]
        except (KeyError, TypeError):
            raise UnknownNameError(self.item, str(name), self._entries) from None

    def __contains__(self, name: object) -> bool:
        self._discover()
        return name in self._entries

    def names(self) -> list[str]:
        """Returns all names in alphabetical order."""
        self._discover()
        return sorted(self._entries)

    def name_of(self, instance: object) -> str:
        """Returns the name under which the class of `instance` is registered, or the class's own name."""
        names = (name for name in self.names() if self._entries[name] is type(instance))
        return next(names, type(instance).__name__)

    def make(self, name: str, **parameters: Any) -> Any:
        """Returns an instance of an entry that is a dataclass.

        Args:
            name: One of `names()`, or "my_module:MyClass".
            **parameters: Its fields; those left out keep their defaults.

        Raises:
            UnknownNameError: No entry has this name.
            SpecError: It has no such parameter, or the value is not allowed.
        """
        entry: Any = self[name]
        known = {field.name for field in dataclasses.fields(entry)}
        for parameter in parameters:
            if parameter not in known:
                raise SpecError(f"{self.item} {name!r} has no parameter {parameter!r}: {suggestion(parameter, known)}")
        return entry(**parameters)

    def _discover(self) -> None:
        if self._discovered:
            return
        self._discovered = True
        for name in self._packages:
            package = importlib.import_module(name)
            for found in pkgutil.iter_modules(package.__path__):
                if not found.name.startswith("_"):
                    self._warn_of_forgotten(importlib.import_module(f"{name}.{found.name}"))

    def _warn_of_forgotten(self, module: ModuleType) -> None:
        """Warns of classes that look like entries and are none: who forgets the decorator would look for a long time."""
        if self.base is None:
            return
        for name, thing in vars(module).items():
            is_one = isinstance(thing, type) and issubclass(thing, self.base) and thing.__module__ == module.__name__
            known = thing in self._entries.values() or bool(getattr(thing, "__abstractmethods__", None))
            if is_one and not name.startswith("_") and not known:
                registry = f"{self.item.upper().replace(' ', '_')}S"
                warnings.warn(
                    f"{module.__name__}.{name} is not registered, so that no name leads to it: "
                    f'write @{registry}.register("a_name") above it, or begin its name or that of its file with "_"',
                    stacklevel=2,
                )

    def _from_outside(self, path: str) -> T:
        """Returns the class at "my_module:MyClass"."""
        thing = load(path, self.item)
        if self.base is not None and not (isinstance(thing, type) and issubclass(thing, self.base)):
            raise SpecError(f"{path!r} is no {self.item}: give the name of a subclass of {_origin(self.base)}")
        return thing


def load(path: str, item: str = "object") -> Any:
    """Returns what "module:name" names.

    Raises:
        SpecError: There is no such module, or nothing of this name in it.
    """
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        raise SpecError(f"{item} {path!r}: there is no module {error.name!r} on Python's path: give module:Name") from error
    except (AttributeError, ValueError) as error:
        raise SpecError(f"{item} {path!r}: {module} has no {name!r}: give module:Name") from error


def _origin(entry: object) -> str:
    return f"{getattr(entry, '__module__', '?')}.{getattr(entry, '__qualname__', entry)}"
