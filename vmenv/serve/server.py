"""Listening, and stopping without a fuss."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

import uvicorn

from vmenv.errors import ServiceError, SpecError
from vmenv.live.control import Control
from vmenv.serve.app import make_app
from vmenv.serve.gate import Gate, is_loopback

MOST_BYTES = 1_048_576  # of a body
MOST_CONNECTIONS = 128
LEAST_CHARACTERS = 16  # of a token
KEEP_ALIVE_S = 30
SHUTDOWN_S = 5


def check_reach(address: str, token: str | None) -> None:
    """Checks that a host which others can reach asks for a token.

    Raises:
        SpecError: It does not, or the token can be guessed.
    """
    if token is None and not is_loopback(address):
        raise SpecError(
            f"address {address!r} can be reached from other machines: give a token (the environment variable VMENV_TOKEN, or "
            "--token-file), or listen on 127.0.0.1"
        )
    if token is not None and (len(token) < LEAST_CHARACTERS or not token.isascii() or not token.isprintable() or " " in token):
        raise SpecError(f"the token has {len(token)} characters: give {LEAST_CHARACTERS} or more printable ASCII characters without spaces")


def open_socket(address: str, port: int) -> socket.socket:
    """Returns a socket that listens.

    Raises:
        ServiceError: It cannot be opened.
    """
    try:
        family = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0][0]
        # asyncio looks at the protocol to see that it is TCP; otherwise it lets answers lie for 40 ms to send more at a time.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((address, port))
            listening.listen(MOST_CONNECTIONS)
        except BaseException:
            listening.close()
            raise
        return listening
    except (OSError, OverflowError) as error:
        raise ServiceError(f"cannot listen on {address}, port {port} ({error}): give another address or port (0: any free one)") from error


def url_of(listening: socket.socket) -> str:
    """Returns what a client connects to."""
    address, port = listening.getsockname()[:2]
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"


def make_server(control: Control, *, token: str | None = None, most_bytes: int = MOST_BYTES) -> uvicorn.Server:
    """Returns a server for `run(sockets=[...])`; setting `should_exit` stops it."""
    return uvicorn.Server(
        uvicorn.Config(
            Gate(make_app(control), token=token, most_bytes=most_bytes),
            log_level="error",
            access_log=False,
            server_header=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=SHUTDOWN_S,
        )
    )


def serve(
    control: Control,
    *,
    address: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
    most_bytes: int = MOST_BYTES,
    announce: Callable[[str], object] = print,
) -> None:
    """Serves a host until it is interrupted.

    Args:
        control: The host.
        address: Where to listen.
        port: 0: any free one.
        token: What callers must show; needed if other machines can reach the address.
        most_bytes: Of a request's body.
        announce: Called with the URL when clients can connect.

    Raises:
        SpecError: Others could reach it, and there is no token.
        ServiceError: It cannot listen there.
    """
    check_reach(address, token)
    with open_socket(address, port) as listening, contextlib.suppress(KeyboardInterrupt):  # uvicorn passes it on when it has stopped
        announce(url_of(listening))  # it listens already: who connects from now on is served
        make_server(control, token=token, most_bytes=most_bytes).run(sockets=[listening])
