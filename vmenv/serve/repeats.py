"""Safe repeats: a call with a key that was carried out is answered again from memory, not carried out twice.

Source: The Idempotency-Key HTTP Header Field, IETF draft-ietf-httpapi-idempotency-key-header, sections 2.1 (a string of RFC 8941), 2.6 and
2.7 (422 for the same key with another request). A repeat that comes while the call is under way waits for its answer; it does not get 409.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from vmenv.errors import SpecError
from vmenv.serve.answers import Answer

HEADER = "Idempotency-Key"
MOST_KEYS = 10_000  # remembered; the oldest is forgotten
MOST_CHARACTERS = 200  # of a key


class Repeats:
    """The answers to the last calls that were carried out under a key."""

    def __init__(self, most_keys: int = MOST_KEYS) -> None:
        self._most_keys = most_keys
        self._known: OrderedDict[str, tuple[bytes, Answer]] = OrderedDict()

    def find(self, key: str | None, call: str, given: dict[str, Any]) -> Answer | None:
        """Returns what the call was answered when it came under this key before, None if it did not.

        Raises:
            SpecError: The key came with another call.
        """
        known = self._known.get(key) if key is not None else None
        if known is None:
            return None
        if known[0] != _fingerprint(call, given):
            raise SpecError(f"{HEADER} {key!r} came with another call before: use a new key for every call, and the same to repeat it")
        return known[1]

    def remember(self, key: str | None, call: str, given: dict[str, Any], answer: Answer) -> None:
        """Keeps an answer for repeats."""
        if key is not None:
            own = Answer(answer.status, bytes(bytearray(answer.body)))  # orjson's bytes stand in buffers of some KiB
            self._known[key] = _fingerprint(call, given), own
            if len(self._known) > self._most_keys:
                self._known.popitem(last=False)


def read_key(headers: Sequence[str]) -> str | None:
    """Returns the key that a request shows, quoted or not; None if it shows none.

    Args:
        headers: All headers of that name.

    Raises:
        SpecError: There are several, or it is not formed like one.
    """
    if not headers:
        return None
    text = headers[0].strip()
    quoted = re.fullmatch(r'"((?:[ !#-\[\]-~]|\\["\\])*)"', text)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else text
    if len(headers) > 1 or not 0 < len(key) <= MOST_CHARACTERS or not (quoted or re.fullmatch(r"[!#-~]+", text)):
        raise SpecError(
            f"{HEADER} is {', '.join(headers)[:100]!r}: give one string of 1 to {MOST_CHARACTERS} printable ASCII characters, "
            "such as a random UUID"
        )
    return key


def _fingerprint(call: str, given: dict[str, Any]) -> bytes:
    """Returns the same for the same call with the same values, however they were written down."""
    return hashlib.sha256(json.dumps([call, given], sort_keys=True).encode()).digest()
