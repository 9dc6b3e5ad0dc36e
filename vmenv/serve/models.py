"""The types of the calls, made from the signatures of `vmenv.live.control.Control`. Shapes are checked here, values by the host itself."""

from __future__ import annotations

import functools
import inspect
import re
import typing
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

from vmenv.checks import LARGEST
from vmenv.errors import suggestion
from vmenv.live.control import Control, Parameter
from vmenv.live.passing import MOST_DECISIONS
from vmenv.live.status import HostColumns, HostNumbers, VmStatus
from vmenv.workload.table import LATEST_US, RANGES, Phase

MOST_CHARACTERS = 200  # of a name
MOST_ITEMS = 10_000  # of a list
_STRICT = ConfigDict(strict=True, extra="forbid")  # no "5" for 5, no fields that nobody looks at

_ADVICE = {
    "int_type": "give a whole number",
    "int_parsing_size": "give a smaller number",
    "list_type": "give a list",
    "dict_type": "give an object of names and values",
    "model_attributes_type": "give a JSON object",
    "model_type": "give a JSON object",
    "string_type": "give a string",
    "string_too_long": f"give at most {MOST_CHARACTERS} characters",
    "too_long": f"give at most {MOST_ITEMS} items",
}

Name = Annotated[str, StringConstraints(max_length=MOST_CHARACTERS)]
_EXAMPLES = {"vm": 0, "work_us": 30_000, "disk_kib_s": 1_000, "net_kib_s": 1_000}


_RANGES = RANGES | {"vm": (0, LARGEST), "until_us": (0, LATEST_US), "seed": (0, 2**63 - 1), "max_decisions": (1, MOST_DECISIONS)}


def _field(name: str, default: Any, text: str | None = None) -> Any:
    """Returns a field. Its range is told in the document, and looked at by the host."""
    told: dict[str, Any] = dict(zip(("minimum", "maximum"), _RANGES[name], strict=True)) if name in _RANGES else {}
    return Field(default, description=text, examples=[_EXAMPLES[name]] if name in _EXAMPLES else None, json_schema_extra=told)


PhaseModel = create_model(
    "Phase",
    __config__=_STRICT,
    __doc__=inspect.getdoc(Phase),
    **{name: (int, _field(name, Phase._field_defaults.get(name, ...))) for name in Phase._fields},  # type: ignore[call-overload]  # by name
)


class Refusal(BaseModel):
    """Why a call was not carried out; the host is as it was before."""

    error: str = Field(description="Name of the error in vmenv/errors.py")
    message: str = Field(description="What was given, what is allowed, and what to do")


def call_names() -> list[str]:
    """Returns the names of all calls, in the order of the interface."""
    return [name for name in vars(Control) if name in Control.__abstractmethods__]


@functools.cache
def request_of(name: str) -> type[BaseModel] | None:
    """Returns what a call takes, None if it takes nothing."""
    method = getattr(Control, name)
    hints = typing.get_type_hints(method)
    fields: dict[str, Any] = {}
    for parameter in list(inspect.signature(method).parameters.values())[1:]:
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[parameter.name] = (_bounded(hints[parameter.name]), _field(parameter.name, default, _told(method).get(parameter.name)))
    return create_model(name.title().replace("_", "") + "Request", __config__=_STRICT, **fields) if fields else None


def _told(method: Any) -> dict[str, str]:
    """Returns what the docstring of a method says of its arguments."""
    _, _, text = (inspect.getdoc(method) or "").partition("Args:\n")
    return dict(re.findall(r"^    (\w+): (.*)$", text.partition("\n\n")[0], re.MULTILINE))


def response_of(name: str) -> Any:
    """Returns the type of what a call returns, as JSON has it."""
    kind = typing.get_type_hints(getattr(Control, name))["return"]
    return _columns_model() if kind is HostColumns else kind


def _columns_model() -> type[BaseModel]:
    """Returns `HostColumns` with a list of values in place of every array."""
    lists: dict[str, Any] = {}
    for column, hint in typing.get_type_hints(VmStatus).items():
        kind = next(kind for kind in (*typing.get_args(hint), hint) if kind is not type(None))
        lists[column] = (list[kind], ...)  # type: ignore[valid-type]  # made at run time
    fields: dict[str, Any] = {field: (hint, ...) for field, hint in typing.get_type_hints(HostNumbers).items()}
    columns = create_model("VmColumns", __doc__="`VmStatus` by columns, in order of the VMs' numbers; -1 stands for null.", **lists)
    return create_model("HostColumns", __doc__="The host as it stands, its VMs by columns.", **fields, vms=(columns, ...))


def given_by(request: BaseModel | None) -> dict[str, Any]:
    """Returns the fields that were given, as plain values."""
    return {} if request is None else request.model_dump(exclude_unset=True)


def read_given(call: str, given: dict[str, Any]) -> BaseModel | None:
    """Returns the request that `given_by` told."""
    request = request_of(call)
    return None if request is None else request.model_validate(given)


def arguments_of(request: BaseModel | None) -> dict[str, Any]:
    """Returns the arguments for the method."""
    if request is None:
        return {}
    arguments = {name: getattr(request, name) for name in request.model_fields_set}
    if "phases" in arguments:
        arguments["phases"] = [Phase(**dict(phase)) for phase in arguments["phases"]]
    return arguments


def explain(call: str, error: Mapping[str, Any]) -> str:
    """Returns what is wrong with a request, in words.

    Args:
        call: The name of the call.
        error: The first of pydantic's errors.
    """
    place = [step for step in error["loc"] if step != "body"]
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).removeprefix(".") or "the body"
    if error["type"] == "extra_forbidden":
        return f"{call} got {path!r}: {suggestion(str(place[-1]), _fields_at(call, place))}"
    if error["type"] == "missing":
        return f"{path} is missing: {call} needs it" if place else f"{call} got no body: give a JSON object"
    if error["type"] == "json_invalid":
        return f"the body is no JSON ({error.get('ctx', {}).get('error', error['msg'])}): give a JSON object"
    given = repr(error.get("input"))
    advice = _ADVICE.get(error["type"], error["msg"])
    return f"{path} is {given if len(given) <= 100 else given[:97] + '...'}: {advice}"


def _fields_at(call: str, place: Sequence[Any]) -> list[str]:
    request: Any = PhaseModel if "phases" in place[:-1] else request_of(call)
    return list(request.model_fields) if request is not None else []


def _bounded(hint: Any) -> Any:
    """Returns a hint as JSON has it, with a limit on what can be long."""
    special: dict[Any, Any] = {
        str: Name,
        Sequence[Phase]: Annotated[list[PhaseModel], Field(max_length=MOST_ITEMS, json_schema_extra={"minItems": 1})],  # type: ignore[valid-type]  # made at run time
        Mapping[str, Parameter] | None: Annotated[dict[Name, Parameter], Field(max_length=MOST_ITEMS)] | None,
    }
    return special.get(hint, hint)
