"""What is answered, as JSON.

The host made the answer, so that nobody need check its types once more: `orjson` writes dataclasses, enumerations and arrays as they are.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson
from starlette.responses import Response

from vmenv.live.status import HostColumns


class Answer(NamedTuple):
    """What is sent back: the status, and JSON."""

    status: int
    body: bytes

    def response(self) -> Response:
        """Returns it as a response of the application."""
        return Response(self.body, self.status, media_type="application/json")


def encode(value: Any) -> bytes:
    """Returns what a call returned as JSON; not-a-number is null."""
    if isinstance(value, HostColumns):  # arrays of strings are foreign to orjson
        lists = {name: column.tolist() if column.dtype.kind == "U" else column for name, column in value.vms.items()}
        value = vars(value) | {"vms": lists}
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)


def refusal_body(error: str, message: str) -> bytes:
    """Returns the JSON of `vmenv.serve.models.Refusal`."""
    sent = message.encode(errors="backslashreplace").decode()  # JSON of a client can hold halves of characters
    return orjson.dumps({"error": error, "message": sent})


def refusal(status: int, error: str, message: str) -> Response:
    """Returns the answer to a call that is not carried out."""
    return Answer(status, refusal_body(error, message)).response()
