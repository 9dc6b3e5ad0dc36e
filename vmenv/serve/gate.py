"""Before a call is looked at: who calls, and how much is sent. Nothing of a request that is refused here reaches the host.

Who calls is known from the head, so that the body of a stranger is neither waited for nor kept.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Container

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vmenv.serve.answers import refusal


class Gate:
    """ASGI middleware.

    A page in a browser on this machine can send requests to loopback addresses. It is kept out by three rules: what changes something must
    call itself JSON, which a page cannot do unasked; what a browser marks as coming from a page of another origin is refused; and without a
    token the request must be for a local name, so that a name of the page's own does not lead here.

    Source: Fetch Metadata Request Headers, W3C, section 2.3 (Sec-Fetch-Site); RFC 6454, section 7 (Origin); RFC 9110, section 7.2 (Host).

    Args:
        app: What is behind it.
        token: What a caller must show as "Authorization: Bearer <token>"; None: nothing.
        most_bytes: Of a body.
        only_read: Paths that take no POST, so that the application can say so.
    """

    def __init__(self, app: ASGIApp, *, token: str | None, most_bytes: int, only_read: Container[str] = ()) -> None:
        self._app, self._token, self._most_bytes, self._only_read = app, token, most_bytes, only_read

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Called by the server."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = self._look_at_caller(headers) or self._look_at_kind(scope, headers)
        body = b"" if refused else await self._read(receive)
        if body is None:
            return  # the client is gone in mid-call: nothing has been carried out
        refused = refused or self._look_at_body(headers, len(body))
        if refused is not None:
            await refusal(*refused)(scope, receive, send)  # the server throws away what else comes of the body
            return
        given = False

        async def hand_over() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, hand_over, send)

    async def _read(self, receive: Receive) -> bytes | None:
        """Returns the body, or the beginning of one that is too long; None if the client is gone before it was sent."""
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if not message.get("more_body", False) or len(body) > self._most_bytes:
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
        if _is_foreign(headers):
            return (
                403,
                "ServiceError",
                "the request comes from a page of another origin: call from a program, or from a page of this service",
            )
        return None

    def _look_at_kind(self, scope: Scope, headers: Headers) -> tuple[int, str, str] | None:
        """Returns the same of what the head says of the body."""
        length = headers.get("content-length", "0")
        if int(length) > self._most_bytes:  # a whole number, or it was no HTTP
            return self._too_long()
        if (scope["method"] == "POST" and scope["path"] not in self._only_read) or length != "0":
            return self._look_at_type(headers)
        return None

    def _look_at_body(self, headers: Headers, length: int) -> tuple[int, str, str] | None:
        """Returns the same of the body, whose length need not have been told."""
        if length > self._most_bytes:
            return self._too_long()
        return self._look_at_type(headers) if length else None

    def _look_at_type(self, headers: Headers) -> tuple[int, str, str] | None:
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json":
            return None
        return 415, "SpecError", f"the body calls itself {kind[:100]!r}: send JSON, with 'Content-Type: application/json'"

    def _too_long(self) -> tuple[int, str, str]:
        return 413, "SpecError", f"the body is longer than {self._most_bytes} bytes: send less at a time"


def _name_of(host: str) -> str:
    """Returns the name in a Host header, without the port; "" if it is not formed like one."""
    formed = re.fullmatch(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::[0-9]{1,5})?", host.lower())
    return (formed[1] or formed[2]) if formed else ""


def _is_foreign(headers: Headers) -> bool:
    """Returns whether a browser says that a page from elsewhere sends this. Programs say nothing of the kind."""
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in (
        f"http://{headers.get('host', '')}".lower(),
        f"https://{headers.get('host', '')}".lower(),
    ):
        return True
    return headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def is_loopback(address: str) -> bool:
    """Returns whether only this machine can reach the address."""
    try:
        return address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False  # a name may mean anything
