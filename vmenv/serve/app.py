"""The service: one route a call."""

from __future__ import annotations

import inspect
import re
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

import vmenv
from vmenv.errors import ActionError, ServiceError, SimulationError, VmenvError, suggestion
from vmenv.live.control import QUESTIONS, Control
from vmenv.serve.answers import refusal
from vmenv.serve.calls import CONFLICT, Calls
from vmenv.serve.models import Refusal, call_names, explain, request_of, response_of
from vmenv.serve.page import HEADERS, page_of
from vmenv.serve.repeats import HEADER, MOST_CHARACTERS

PREFIX = "/v1/"
REFUSED, BROKEN = 422, 500
REFUSALS = {
    400: "The request cannot be read",
    401: "The token is missing or wrong",
    403: "A page of another origin sends it, or it is for another name than a local one",
    408: "The request did not come in time",
    CONFLICT: "The host does not allow it as it stands",
    413: "The body is too long",
    415: "The body does not call itself JSON",
    REFUSED: "It can never be meant, or its key came with another call",
    BROKEN: "The service cannot go on",
    503: "There are too many connections, or the service stops",
}


def make_app(calls: Calls) -> FastAPI:
    """Returns the ASGI application: `POST /v1/<call>` with a JSON object, or `GET` where a call takes nothing.

    Calls come from many clients and are carried out one after the other, each wholly or not at all.
    """
    app = FastAPI(
        title="vmenv",
        version=vmenv.__version__,
        summary="A live simulated host",
        description=(Control.__doc__ or "") + " A call that is refused says why, as `Refusal`.",
        docs_url=None,  # the pages would load scripts from elsewhere
        redoc_url=None,
    )
    for name in call_names():
        _add_route(app, calls, name)
    for path in ("/", "/docs"):
        app.add_api_route(path, _page, include_in_schema=False)
    app.add_exception_handler(VmenvError, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_shape)
    app.add_exception_handler(HTTPException, _refuse_route)
    app.add_exception_handler(Exception, _refuse_fault)
    return app


def paths_to_get() -> list[str]:
    """Returns the paths that take a GET and nothing else."""
    return ["/", "/docs", "/openapi.json", *(PREFIX + name for name in call_names() if request_of(name) is None)]


async def _page(http: Request) -> Response:
    return HTMLResponse(page_of(http.app.openapi(), str(http.base_url).rstrip("/")), headers=HEADERS)


def _add_route(app: FastAPI, calls: Calls, name: str) -> None:
    request = request_of(name)
    first, _, rest = (inspect.getdoc(getattr(Control, name)) or "").partition("\n")

    async def call(http: Request, body: Any = None) -> Response:
        return (await calls.carry_out(http, name, body)).response()

    async def call_without(http: Request) -> Response:
        return await call(http)

    endpoint = call_without if request is None else call
    endpoint.__annotations__ = {"http": Request} | ({} if request is None else {"body": request})
    if request is not None:
        needed = any(field.is_required() for field in request.model_fields.values())
        endpoint.__defaults__ = None if needed else (request(),)
    app.add_api_route(
        PREFIX + name,
        endpoint,
        methods=["GET" if request is None else "POST"],
        response_model=response_of(name),  # for the document: what is answered is JSON already
        operation_id=name,
        summary=first,
        description=re.sub(r"Args:\n(    .*\n?)+\n?", "", rest).strip(),  # the fields have it
        responses={status: {"model": Refusal, "description": text} for status, text in REFUSALS.items()},
        openapi_extra={} if name in QUESTIONS else {"parameters": [_KEY]},
    )


_KEY = {
    "name": HEADER,
    "in": "header",
    "description": "Makes repeats safe: the same call under the same key is carried out once, and answered as it was then. "
    f"One string of up to {MOST_CHARACTERS} characters, such as a random UUID; a new one for every call.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS, "pattern": "^[!#-~]+$"},
}


async def _refuse(_: Request, error: Exception) -> Response:
    status = CONFLICT if isinstance(error, (ActionError, SimulationError)) else BROKEN if isinstance(error, ServiceError) else REFUSED
    return refusal(status, type(error).__name__, str(error))


async def _refuse_shape(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return refusal(REFUSED, "SpecError", explain(request.url.path.removeprefix(PREFIX), error.errors()[0]))


async def _refuse_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path, message = request.url.path, str(error.detail)
    if error.status_code == 400:  # brackets without end, numbers of thousands of digits
        message = "the body cannot be read: give a JSON object in UTF-8, with fewer brackets and digits"
    elif error.status_code == 404:
        message = f"there is no {path}: {suggestion(path, [PREFIX + name for name in call_names()])}"
    elif error.status_code == 405:
        takes = path.startswith(PREFIX) and request_of(path.removeprefix(PREFIX)) is not None
        message = f"{request.method} {path} is none of the calls: use {'POST' if takes else 'GET'}"
    answer = refusal(error.status_code, "ServiceError", message)
    answer.headers.update(error.headers or {})  # Allow
    return answer


async def _refuse_fault(_: Request, error: Exception) -> Response:
    return refusal(BROKEN, "ServiceError", f"the service has a fault ({error!r}): nothing was changed by this call, please report it")
