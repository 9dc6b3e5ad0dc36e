"""Carrying calls out: one at a time, each once, for clients that are still there, and written down before they are answered."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from vmenv.errors import ServiceError, SimulationError, VmenvError
from vmenv.live.control import QUESTIONS, Control
from vmenv.serve.answers import Answer, encode, refusal_body
from vmenv.serve.journal import Journal
from vmenv.serve.models import arguments_of, given_by, read_given
from vmenv.serve.repeats import HEADER, Repeats, read_key

OK, CONFLICT = 200, 409
NOBODY_THERE = Answer(499, b"")  # which nobody reads
STOPPING = Answer(503, refusal_body("ServiceError", "the service stops: this call may have been carried out or not"))


class Calls:
    """The calls of one host.

    Args:
        control: The host.
        journal: Where the changing ones are written down; those that stand there are carried out at once. None: nowhere.

    Raises:
        SpecError: The journal is damaged.
    """

    def __init__(self, control: Control, journal: Journal | None = None) -> None:
        self._control = control
        self._turn, self._preparing = asyncio.Lock(), asyncio.Lock()
        self._at_work = threading.Lock()  # a call that has begun goes on in its thread when the service stops
        self._repeats = Repeats()
        self._broken = ""
        self._journal: Journal | None = None
        self.num_replayed = 0 if journal is None else journal.replay(self._carry_out_again)
        self._journal = journal

    async def carry_out(self, http: Request, call: str, request: BaseModel | None) -> Answer:
        """Carries a call out when it is its turn, if the client has not gone by then.

        Args:
            http: How it came.
            call: Its name.
            request: What it takes.

        Raises:
            VmenvError: It is refused.
        """
        try:
            return await self._in_turn(http, call, request)
        except asyncio.CancelledError:  # the service stops, and has waited as long as it does
            return STOPPING

    async def _in_turn(self, http: Request, call: str, request: BaseModel | None) -> Answer:
        key = None if call in QUESTIONS else read_key(http.headers.getlist(HEADER))
        if call == "schedule":  # compiles outside of the turn: others go on meanwhile
            arguments = arguments_of(request)
            wanted = {name: arguments[name] for name in ("scheduler", "parameters") if name in arguments}
            async with self._preparing:
                await run_in_threadpool(self._control.prepare, **wanted)
        async with self._turn:
            if await http.is_disconnected():
                return NOBODY_THERE
            return await run_in_threadpool(self._now, call, request, key)

    def finish(self) -> None:
        """Waits for the call that is being carried out; no other is from now on."""
        with self._at_work:
            self._broken = "the service has stopped: start it again"

    def _now(self, call: str, request: BaseModel | None, key: str | None) -> Answer:
        with self._at_work:
            return self._at_once(call, request, key)

    def _at_once(self, call: str, request: BaseModel | None, key: str | None) -> Answer:
        if call in QUESTIONS:
            return Answer(OK, encode(getattr(self._control, call)(**arguments_of(request))))
        if self._broken:
            raise ServiceError(self._broken)
        given = given_by(request)
        known = self._repeats.find(key, call, given)
        if known is not None:
            return known
        try:
            answer = self._change(call, request)
            if self._journal is not None:
                self._journal.append(call, given, key, answer)
        except VmenvError:
            raise  # nothing has changed
        except BaseException as error:
            self._broken = (
                f"{call} failed in the middle ({error!r}), so that nothing can be changed any more: start the service again, "
                "with --journal as it was before that call"
            )
            raise ServiceError(self._broken) from error
        self._repeats.remember(key, call, given, answer)
        return answer

    def _change(self, call: str, request: BaseModel | None) -> Answer:
        try:
            return Answer(OK, encode(getattr(self._control, call)(**arguments_of(request))))
        except SimulationError as error:  # what came before has been done
            return Answer(CONFLICT, refusal_body(type(error).__name__, str(error)))

    def _carry_out_again(self, call: str, given: dict[str, Any], key: str | None) -> Answer:
        return self._now(call, read_given(call, given), key)
