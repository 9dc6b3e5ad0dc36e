"""Before a call is looked at: who calls, and how much is sent. Nothing of a request that is refused here reaches the host."""

from __future__ import annotations

import hmac
import ipaddress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vmenv.serve.app import refusal

DRAINED = 16  # times the limit is read and thrown away, so that whoever sends too much can read the answer


class Gate:
    """ASGI middleware.

    A page in a browser on this machine can send requests to loopback addresses. Without a token it is kept out by two rules: a body must
    call itself JSON, which a page cannot do unasked, and the request must be for a local name.

    Args:
        app: What is behind it.
        token: What a caller must show as "Authorization: Bearer <token>"; None: nothing.
        most_bytes: Of a body.
    """

    def __init__(self, app: ASGIApp, *, token: str | None, most_bytes: int) -> None:
        self._app, self._token, self._most_bytes = app, token, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Called by the server."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = self._look_at_caller(headers)
        body = await self._read(receive, 0 if refused else self._most_bytes + 1)
        if body is None:
            return  # the client is gone in mid-call: nothing has been carried out
        refused = refused or self._look_at_body(headers, len(body))
        if refused is not None:
            await refusal(*refused)(scope, receive, send)
            return
        given = False

        async def hand_over() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, hand_over, send)

    async def _read(self, receive: Receive, keep: int) -> bytes | None:
        """Returns the first `keep` bytes of the body, None if the client is gone before it was sent."""
        body, length = bytearray(), 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            part = message.get("body", b"")
            length += len(part)
            body += part[: keep - len(body)]
            if not message.get("more_body", False) or length > DRAINED * self._most_bytes:
                return bytes(body)

    def _look_at_caller(self, headers: Headers) -> tuple[int, str, str] | None:
        """Returns status, error and message of what is wrong, None if nothing is."""
        if self._token is not None:
            kind, _, shown = headers.get("authorization", "").partition(" ")
            if kind.lower() != "bearer" or not hmac.compare_digest(shown.encode(), self._token.encode()):
                message = (
                    "the token is missing or wrong: send 'Authorization: Bearer <token>' with the one that the service was started with"
                )
                return 401, "ServiceError", message
        elif not is_loopback(_name_of(headers.get("host", ""))):
            return 403, "ServiceError", f"host {headers.get('host', '')[:100]!r} is not local: call localhost or 127.0.0.1"
        return None

    def _look_at_body(self, headers: Headers, length: int) -> tuple[int, str, str] | None:
        """Returns the same of the body."""
        if length > self._most_bytes:
            return 413, "SpecError", f"the body is longer than {self._most_bytes} bytes: send less at a time"
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if length and kind != "application/json":
            return 415, "SpecError", f"the body calls itself {kind[:100]!r}: send JSON, with 'Content-Type: application/json'"
        return None


def _name_of(host: str) -> str:
    """Returns the name in a Host header, without the port."""
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0].lower()


def is_loopback(address: str) -> bool:
    """Returns whether only this machine can reach the address."""
    try:
        return address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False  # a name may mean anything
