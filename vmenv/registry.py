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
    """Named entries, collected on first use by importing the modules of some packages.

    Helpers, which are files that begin with `_` and folders, are left out.

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
        """Returns a name that leads to the class of `instance`: the one under which it is registered, or "its_module:ItsName"."""
        kind = type(instance)
        names = (name for name in self.names() if self._entries[name] is kind)
        return next(names, f"{kind.__module__}:{kind.__qualname__}")

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
            if parameter not in known and parameter in getattr(entry, "__annotations__", {}):
                raise SpecError(f"{entry.__name__} is no dataclass: write @dataclass(frozen=True, kw_only=True) above it")
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
                if not found.ispkg and not found.name.startswith("_"):
                    self._warn_of_forgotten(importlib.import_module(f"{name}.{found.name}"))

    def _warn_of_forgotten(self, module: ModuleType) -> None:
        """Warns of what looks like an entry and is none: who forgets the decorator would look for a long time."""
        forgotten = [name for name, thing in vars(module).items() if not name.startswith("_") and self._is_forgotten(thing, module)]
        registers = any(getattr(entry, "__module__", "") == module.__name__ for entry in self._entries.values())
        if forgotten or not registers:
            what = f"{module.__name__}.{forgotten[0]} is not registered" if forgotten else f"{module.__name__} registers no {self.item}"
            warnings.warn(
                f'{what}, so that no name leads to it: write @{self.item.upper().replace(" ", "_")}S.register("a_name") above it, or begin '
                'its name or that of its file with "_"',
                stacklevel=2,
            )

    def _is_forgotten(self, thing: object, module: ModuleType) -> bool:
        """Returns whether it is a class that the module defines, like the entries, and none of them."""
        if self.base is None or not isinstance(thing, type) or not issubclass(thing, self.base) or thing.__module__ != module.__name__:
            return False
        return thing not in self._entries.values() and not getattr(thing, "__abstractmethods__", None)

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
