"""Connections that cannot be held open for nothing: time limits, and who makes room when there are too many.

uvicorn has neither a time limit for the head of a request nor one for its body, and answers everybody with 503 when too many connections
are open, whoever holds them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from vmenv.serve.answers import refusal_body

FLUSH_S = 5  # in which a connection that is being closed must take what has been written to it


@dataclass(frozen=True)
class Limits:
    """What a client may take, in connections and seconds.

    Attributes:
        connections: In all.
        per_client: From one address. One that is too many takes the place of the one that has kept us waiting longest.
        head_s: From the connection, or the first byte after the last request, to the end of the head.
        body_s: From there to the end of the body.
        idle_s: Between two requests.
        answer_s: Without taking anything of what it is answered.
    """

    connections: int = 128
    per_client: int = 64
    head_s: float = 10
    body_s: float = 30
    idle_s: float = 30
    answer_s: float = 30


class Waiting(Enum):
    """What a connection keeps us waiting for; the ones before make room first."""

    HEAD = "head"
    BODY = "body"
    NEXT = "next"  # request


class Connection(H11Protocol):
    """A connection that knows what it waits for. Made by `connection_class`."""

    limits: Limits
    others: set[Connection]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._waiting: Waiting | None = None
        self._since_s = 0.0
        self._deadline: asyncio.TimerHandle | None = None
        self._stuck: asyncio.TimerHandle | None = None
        self._left = 0  # bytes that it had not taken when the timer was set

    # --- asyncio.Protocol ---------------------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows asyncio's type so
        """Lets the client in if there is room, or if somebody else makes it."""
        super().connection_made(transport)
        if self._find_room():
            self.others.add(self)
            self._wait_for(Waiting.HEAD)
        else:
            message = "too many connections are open, and all of them are being answered: try again later, or use fewer"
            self._refuse(503, message)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the client."""
        self.others.discard(self)
        self._wait_for(None)
        self._unset_stuck()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads on."""
        if not self.transport.is_closing():
            super().data_received(data)
            self._look()

    def on_response_complete(self) -> None:
        """Goes on to the next request."""
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        """Gives the client time to take its answer."""
        super().pause_writing()
        self._give_time()

    def resume_writing(self) -> None:
        """Goes on with the answer."""
        super().resume_writing()
        self._unset_stuck()

    def send_400_response(self, msg: str) -> None:
        """Refuses what is no HTTP."""
        self._refuse(400, f"the request cannot be read ({msg.rstrip('.')}): send HTTP/1.1")

    def timeout_keep_alive_handler(self) -> None:
        """Closes an idle connection, and does not wait for ever until what was written is taken."""
        super().timeout_keep_alive_handler()
        self._abort_soon()

    # --- waiting ------------------------------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Finds out what the client has to send next. A deadline that is running goes on, however little it sends meanwhile."""
        state = self.conn.their_state
        if self.transport.is_closing():
            self._wait_for(None)
        elif state is h11.SEND_BODY:
            self._wait_for(Waiting.BODY)
        elif state is not h11.IDLE:
            self._wait_for(None)  # it is our turn
        elif self.cycle is None or self.conn.trailing_data[0]:
            self._wait_for(Waiting.HEAD)
        else:
            self._wait_for(Waiting.NEXT)

    def _wait_for(self, what: Waiting | None) -> None:
        if what is self._waiting:
            return
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self._waiting, self._since_s = what, self.loop.time()
        if what in (Waiting.HEAD, Waiting.BODY):  # uvicorn itself closes connections on which nothing comes any more
            self._deadline = self.loop.call_later(self.limits.head_s if what is Waiting.HEAD else self.limits.body_s, self._give_up)

    def _give_up(self) -> None:
        if self._waiting is Waiting.BODY:
            self._refuse(408, f"the body did not come in {self.limits.body_s} s: send it at once, or less at a time")
        else:
            self._refuse(408, f"the head of the request did not come in {self.limits.head_s} s: send it at once")

    def _give_time(self) -> None:
        self._left = self.transport.get_write_buffer_size()
        self._stuck = self.loop.call_later(self.limits.answer_s, self._look_whether_it_takes)

    def _look_whether_it_takes(self) -> None:
        if self.transport.get_write_buffer_size() < self._left:
            self._give_time()
        else:
            self.transport.abort()

    def _unset_stuck(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    # --- room ---------------------------------------------------------------------------------------------------------------------------

    def _find_room(self) -> bool:
        """Returns whether there is room for this connection, after closing another one if need be."""
        same = [other for other in self.others if other._address == self._address]
        if len(same) >= self.limits.per_client:
            crowd = same
        elif len(self.others) >= self.limits.connections:
            crowd = list(self.others)
        else:
            return True
        for what in Waiting:
            waited = [other for other in crowd if other._waiting is what]
            if waited:
                min(waited, key=lambda other: other._since_s)._make_room()
                return True
        return False

    @property
    def _address(self) -> str | None:
        return self.client[0] if self.client is not None else None

    def _make_room(self) -> None:
        self.others.discard(self)
        self._refuse(503, "too many connections are open, and this one kept us waiting longest: use fewer, and send requests at once")

    # --- ends ---------------------------------------------------------------------------------------------------------------------------

    def _refuse(self, status: int, message: str) -> None:
        """Answers without asking the application, unless an answer has begun, and closes."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            body = refusal_body("ServiceError", message)
            headers = [("content-type", "application/json"), ("content-length", str(len(body))), ("connection", "close")]
            for event in (h11.Response(status_code=status, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # whoever waits for the body is told that nobody is there
            self.cycle.message_event.set()
        self.transport.close()
        self._wait_for(None)
        self._abort_soon()

    def _abort_soon(self) -> None:
        self.loop.call_later(FLUSH_S, self.transport.abort)


def connection_class(limits: Limits) -> type[Connection]:
    """Returns what uvicorn makes of every connection of one server."""
    return type("LimitedConnection", (Connection,), {"limits": limits, "others": set()})
