"""The monitor of a QEMU: commands, answers and events, each a line of JSON on a socket that is there already.

The library of the QEMU project (qemu.qmp) is for asyncio: here a thread that may go before all others waits for one QEMU while it times a
guest, which an event loop of its own would only be in the way of. Its layer for such callers is kept for QEMU's own old scripts, and is
under the GPL.

Source: QEMU, docs/interop/qmp-spec.rst.
"""

from __future__ import annotations

import json
import socket
import time
from collections import deque
from typing import Any, NamedTuple

from vmenv.errors import SimulationError

ANSWER_S = 20.0  # until a command is answered; it takes some ms
LEAST_VERSION = 7
MOST_BYTES = 1 << 20  # of a message


class Event(NamedTuple):
    """What a QEMU says of itself: its name, what belongs to it, and when it was, in microseconds of the clock of the day."""

    name: str
    data: dict[str, Any]
    at_us: int


class Qmp:
    """The monitor of one QEMU, which runs: one that is stopped by a signal does not answer.

    Args:
        channel: This end of the socket.
    """

    def __init__(self, channel: socket.socket) -> None:
        self._channel, self._unread = channel, b""
        self._events: deque[Event] = deque()

    def begin(self) -> None:
        """Takes the greeting, and asks for no capability: commands can be given from then on.

        Raises:
            SimulationError: There is none, or this QEMU is too old.
        """
        greeting = self._next(ANSWER_S)
        if greeting is None:
            raise SimulationError(f"its QEMU does not greet within {ANSWER_S:g} s")
        try:
            version = int(greeting["QMP"]["version"]["qemu"]["major"])
        except (KeyError, TypeError, ValueError) as error:
            raise SimulationError(f"its QEMU says what no QEMU does ({error!r})") from error
        if version < LEAST_VERSION:
            raise SimulationError(f"it is a QEMU {version}: install QEMU {LEAST_VERSION} or later, which tells what it sends")
        self.do("qmp_capabilities")

    def do(self, command: str, *, file: int | None = None, **arguments: Any) -> Any:
        """Returns the answer to a command.

        Args:
            command: Its name.
            file: A descriptor that goes with it.
            arguments: Of the command, with _ for each - in their names.

        Raises:
            SimulationError: QEMU refuses it, does not answer, or has ended.
        """
        message = {"execute": command, "arguments": {name.replace("_", "-"): value for name, value in arguments.items()}}
        try:
            socket.send_fds(self._channel, [json.dumps(message).encode() + b"\n"], [] if file is None else [file])
        except OSError as error:
            raise SimulationError(f"its QEMU takes no command ({error})") from error
        until = time.monotonic() + ANSWER_S
        while True:
            answer = self._next(until - time.monotonic())
            if answer is None:
                raise SimulationError(f"its QEMU does not answer {command} within {ANSWER_S:g} s")
            if "error" in answer:
                raise SimulationError(f"its QEMU refuses {command}: {str(answer['error'])[:300]}")
            if "return" in answer:
                return answer["return"]
            self._events.append(_event(answer))

    def event(self, wait_s: float) -> Event | None:
        """Returns the next event, None if there is none before the time is over.

        Raises:
            SimulationError: QEMU has ended.
        """
        if self._events:
            return self._events.popleft()
        message = self._next(wait_s)
        return None if message is None else _event(message)

    def close(self) -> None:
        """Closes the socket."""
        self._channel.close()

    def _next(self, wait_s: float) -> dict[str, Any] | None:
        """Returns the next message, None if there is none before the time is over."""
        until = time.monotonic() + wait_s
        while b"\n" not in self._unread:
            self._channel.settimeout(max(1e-6, until - time.monotonic()))
            try:
                part = self._channel.recv(1 << 16)
            except TimeoutError:
                return None
            except OSError as error:
                raise SimulationError(f"its QEMU has gone ({error})") from error
            if not part:
                raise SimulationError("its QEMU has ended")
            self._unread += part
            if len(self._unread) > MOST_BYTES:
                raise SimulationError("its QEMU says more than any QEMU does")
        line, self._unread = self._unread.split(b"\n", 1)
        try:
            message = json.loads(line)
        except ValueError as error:
            raise SimulationError(f"its QEMU says what is no JSON ({error})") from error
        if not isinstance(message, dict):
            raise SimulationError("its QEMU says what no QEMU does")
        return message


def _event(message: dict[str, Any]) -> Event:
    try:
        stamp = message["timestamp"]
        return Event(str(message["event"]), dict(message.get("data", {})), int(stamp["seconds"]) * 10**6 + int(stamp["microseconds"]))
    except (KeyError, TypeError, ValueError) as error:
        raise SimulationError(f"its QEMU says what no QEMU does ({error!r})") from error
