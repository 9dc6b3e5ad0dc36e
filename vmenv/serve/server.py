"""Listening, and stopping without a fuss."""

from __future__ import annotations

import contextlib
import math
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn

from vmenv.errors import ServiceError, SpecError
from vmenv.live.control import Control
from vmenv.live.manager import Manager
from vmenv.serve.app import make_app, paths_to_get
from vmenv.serve.calls import Calls
from vmenv.serve.connection import Limits, connection_class
from vmenv.serve.gate import Gate, is_loopback
from vmenv.serve.journal import Journal

MOST_BYTES = 1_048_576  # of a body
BACKLOG = 128  # connections that wait to be accepted
LEAST_CHARACTERS = 16  # of a token
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
            listening.listen(BACKLOG)
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


def make_server(calls: Calls, *, token: str | None = None, most_bytes: int = MOST_BYTES, limits: Limits | None = None) -> uvicorn.Server:
    """Returns a server for `run(sockets=[...])`; setting `should_exit` stops it."""
    limits = limits or Limits()
    return uvicorn.Server(
        uvicorn.Config(
            Gate(make_app(calls), token=token, most_bytes=most_bytes, only_read=paths_to_get()),
            http=connection_class(limits),
            ws="none",
            lifespan="off",
            log_level="error",
            access_log=False,
            server_header=False,
            timeout_keep_alive=math.ceil(limits.idle_s),
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
    limits: Limits | None = None,
    journal: Path | None = None,
    compiled: Sequence[str] = ("tsrr",),
    announce: Callable[[str, int], object] = print,
) -> None:
    """Serves a host until it is interrupted.

    Args:
        control: The host; a `vmenv.Manager` of modelled VMs as it began, if there is a journal.
        address: Where to listen.
        port: 0: any free one.
        token: What callers must show; needed if other machines can reach the address.
        most_bytes: Of a request's body.
        limits: Of connections and their times.
        journal: The file of every call that changed the host; those that stand there are carried out first. None: there is none.
        compiled: Schedulers that are ready before clients can connect; others are when they are first asked for, while other calls go on.
        announce: Called with the URL, and the number of calls that were carried out from the journal, when clients can connect.

    Raises:
        SpecError: Others could reach it, and there is no token; or the journal is damaged, or about another host.
        UnknownNameError: There is no such scheduler.
        ServiceError: It cannot listen there, or another process has the journal.
    """
    check_reach(address, token)
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(open_socket(address, port))
        for scheduler in compiled:
            control.prepare(scheduler)
        book = None
        if journal is not None:
            if not isinstance(control, Manager) or not control.repeats:
                raise SpecError(f"a {type(control).__name__} has no journal, for its calls cannot be carried out again: leave it out")
            book = stack.enter_context(contextlib.closing(Journal(journal, control)))
        calls = Calls(control, book)
        stack.callback(calls.finish)
        stack.callback(control.interrupt)  # first: real guests take as long as they take
        server = make_server(calls, token=token, most_bytes=most_bytes, limits=limits)
        stack.enter_context(contextlib.suppress(KeyboardInterrupt))  # uvicorn passes it on when it has stopped
        announce(url_of(listening), calls.num_replayed)  # it listens already: who connects from now on is served
        server.run(sockets=[listening])
