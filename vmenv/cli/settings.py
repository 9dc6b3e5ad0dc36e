"""Words like key=value on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from vmenv.errors import SpecError, suggestion


def settings_of(words: Sequence[str], known: Iterable[str], what: str) -> dict[str, Any]:
    """Returns the values by key. A value is JSON, or else the text as it stands.

    Args:
        words: Each key=value.
        known: The keys that there are.
        what: Whose they are, for messages.

    Raises:
        SpecError: A word is no key=value, or there is no such key.
    """
    keys = list(known)
    given: dict[str, Any] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise SpecError(f"{word!r} is no setting of {what}: give key=value, with one of {', '.join(keys)}")
        if key not in keys:
            raise SpecError(f"unknown key {key!r}: {suggestion(key, keys)}")
        given[key] = _value(text)
    return given


def list_of(value: Any) -> list[Any]:
    """Returns the values of a setting: a JSON list, words between commas, or one."""
    if isinstance(value, str):
        return [_value(word) for word in value.split(",") if word]
    return list(value) if isinstance(value, list) else [value]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text  # quantum, not "quantum"
    except RecursionError:
        raise SpecError("a value has too many brackets: give a list of objects") from None
