"""The service: one route a call, one call at a time."""

from __future__ import annotations

import inspect
import threading
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

import vmenv
from vmenv.errors import ActionError, SimulationError, VmenvError, suggestion
from vmenv.live.control import Control
from vmenv.serve.models import Refusal, arguments_of, call_names, explain, request_of, response_of

PREFIX = "/v1/"
REFUSED, CONFLICT = 422, 409  # it can never be meant; the host does not allow it as it stands


def make_app(control: Control) -> FastAPI:
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
    one_at_a_time = threading.Lock()
    for name in call_names():
        _add_route(app, control, name, one_at_a_time)
    app.add_exception_handler(VmenvError, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_shape)
    app.add_exception_handler(HTTPException, _refuse_route)
    return app


def _add_route(app: FastAPI, control: Control, name: str, one_at_a_time: threading.Lock) -> None:
    method, request = getattr(control, name), request_of(name)
    first, _, rest = (inspect.getdoc(getattr(Control, name)) or "").partition("\n")

    def call(body: Any = None) -> Any:
        arguments = {} if body is None else arguments_of(body)
        with one_at_a_time:
            return method(**arguments)

    def call_without() -> Any:
        return call()

    endpoint = call_without if request is None else call
    if request is not None:
        endpoint.__annotations__ = {"body": request}
        if not any(field.is_required() for field in request.model_fields.values()):
            endpoint.__defaults__ = (request(),)
        else:
            endpoint.__defaults__ = None
    app.add_api_route(
        PREFIX + name,
        endpoint,
        methods=["GET" if request is None else "POST"],
        response_model=response_of(name),
        operation_id=name,
        summary=first,
        description=rest.strip(),
        responses={code: {"model": Refusal} for code in (REFUSED, CONFLICT)},
    )


def refusal(status: int, error: str, message: str) -> JSONResponse:
    """Returns the answer to a call that is not carried out."""
    return JSONResponse(Refusal(error=error, message=message).model_dump(), status)


async def _refuse(_: Request, error: Exception) -> JSONResponse:
    status = CONFLICT if isinstance(error, (ActionError, SimulationError)) else REFUSED
    return refusal(status, type(error).__name__, str(error))


async def _refuse_shape(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return refusal(REFUSED, "SpecError", explain(request.url.path.removeprefix(PREFIX), error.errors()[0]))


async def _refuse_route(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    path, message = request.url.path, str(error.detail)
    if error.status_code == 400:  # brackets without end, numbers of thousands of digits
        message = "the body cannot be read: give a JSON object with fewer brackets and digits"
    elif error.status_code == 404:
        message = f"there is no {path}: {suggestion(path, [PREFIX + name for name in call_names()])}"
    elif error.status_code == 405:
        takes = request_of(path.removeprefix(PREFIX)) is not None
        message = f"{request.method} {path} is none of the calls: use {'POST' if takes else 'GET'}"
    return refusal(error.status_code, "ServiceError", message)
