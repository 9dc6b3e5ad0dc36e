"""Changes of files that plain changes of bytes hardly ever hit upon: a value of the JSON in them, a field of a row, a row."""

from __future__ import annotations

import copy
import json
import random
import re
import struct
from typing import Any

NUMBERS = (0, -1, 1, 2, 4, 32, 36, 2**31, 2**53, 2**63, 2**64, 10**40, 0.5, -0.0, 1e308, float("nan"), float("inf"))
WORDS = ("", "x", "F32", "I64", "BOOL", "index", "tuned", "share_scorer", "sac", "share_ppo", "las", "os:system", "a:b")
VALUES: tuple[Any, ...] = (*NUMBERS, *WORDS, None, True, [], {}, [[]], [0], ["x"])
FIELDS = (
    *(b"", b"-1", b"0", b"1", b"2", b"3", b"4", b"nan", b"inf", b"-inf", b"1e308", b"1e999", b"1e-9", b"-0", b"1_0", b"0x1", b"4e9"),
    *(b"9007199254.740993", b"2147483647", b"2147483648", b"\xd9\xa3", b"1 2", b"\0", b"\xc2\x85", b"\xff", b"\r"),
)


def mutate_rows(data: bytes, rng: random.Random) -> bytes:
    """Returns a file of rows with a field, a row or the end of a line changed."""
    rows = data.split(b"\n")
    k = rng.randrange(len(rows))
    kind = rng.randrange(6)
    if kind <= 2:
        parts = re.split(rb"([;, \t]+)", rows[k])
        parts[rng.randrange(len(parts))] = rng.choice(FIELDS)
        rows[k] = b"".join(parts)
    elif kind == 3:
        rows.insert(rng.randrange(len(rows) + 1), rows[k])
    elif kind == 4:
        del rows[k]
    else:
        rows[k] += rng.choice((b"\r", b";", b",", b"\t", b" ", b"\xef\xbb\xbf", b"; 1", b'"'))
    return b"\n".join(rows)


def mutate_json(data: bytes, rng: random.Random) -> bytes:
    """Returns JSON with one value changed, removed or exchanged; what is no JSON as it is."""
    try:
        root = json.loads(data)
    except (ValueError, RecursionError):
        return data
    places = list(_places(root))
    if not places:
        return json.dumps(rng.choice(VALUES)).encode()
    holder, key = rng.choice(places)
    kind = rng.randrange(4)
    if kind == 0 and isinstance(holder, dict):
        del holder[key]
    elif kind == 1:
        other, name = rng.choice(places)
        holder[key] = copy.deepcopy(other[name])
    elif kind == 2 and isinstance(holder[key], int) and not isinstance(holder[key], bool):
        holder[key] += rng.choice((-1, 1, 4, 2**31))
    else:
        holder[key] = rng.choice(VALUES)
    return json.dumps(root).encode()


def _places(node: Any) -> Any:
    pairs = list(node.items()) if isinstance(node, dict) else list(enumerate(node)) if isinstance(node, list) else []
    for key, value in pairs:
        yield node, key
        yield from _places(value)


def mutate_safetensors(data: bytes, rng: random.Random) -> bytes:
    """Returns a file of arrays with a value of its header changed, or some of its numbers."""
    if len(data) < 8:
        return data
    length = min(struct.unpack("<Q", data[:8])[0], len(data) - 8)
    header, numbers = data[8 : 8 + length], bytearray(data[8 + length :])
    if rng.random() < 0.5 and len(numbers) >= 4:
        place = rng.randrange(len(numbers) // 4) * 4
        numbers[place : place + 4] = rng.choice((b"\0\0\xc0\x7f", b"\xff\xff\x7f\x7f", b"\xff\xff\x7f\xff", b"\1\0\0\0", rng.randbytes(4)))
    else:
        header = mutate_json(header, rng)
    return struct.pack("<Q", len(header)) + header + bytes(numbers)
