"""The other end of `vmenv serve`: a host in another process, driven by the same calls as one in this."""

from __future__ import annotations

import dataclasses
import functools
import http.client
import json
import operator
import threading
import time
import types
import typing
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Self
from urllib.parse import urlsplit

import numpy as np

from vmenv import errors
from vmenv.errors import NamedNumbers, ServiceError, SpecError, UnknownNameError, VmenvError
from vmenv.host.spec import Host
from vmenv.live.control import QUESTIONS, Control, Parameter
from vmenv.live.rows import columns_of, rows_of
from vmenv.live.status import HostColumns, HostStatus, Progress, VmStatus
from vmenv.workload.table import Phase

IDLE_S = 5.0  # after which a connection may have been closed by the other side: a new one is made


def connect(url: str, *, token: str | None = None, timeout_s: float = 60.0) -> Client:
    """Returns the host that a service at `url` keeps.

    Args:
        url: As `vmenv serve` prints it.
        token: The one that the service was started with.
        timeout_s: How long a call may take.

    Raises:
        SpecError: That is no URL.
        ServiceError: Nobody answers there, or not as a host.
    """
    client = Client(url, token=token, timeout_s=timeout_s)
    try:
        client.describe_host()
    except BaseException:
        client.close()
        raise
    return client


class Client(Control):
    """A host in another process: `vmenv.live.control.Control`, each call a request. Threads may use it side by side.

    What is refused there raises the same error here. A call whose connection is lost is sent once more, under the same key, so that it is
    carried out once (see `vmenv.serve.repeats`). As a context manager it closes its connections at the end.
    """

    def __init__(self, url: str, *, token: str | None = None, timeout_s: float = 60.0) -> None:
        self._open: list[http.client.HTTPConnection] = []  # of all threads
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
            raise SpecError(f"url is {url!r}: give http://host:port, as `vmenv serve` prints it")
        try:
            self._place = parts.hostname, parts.port
        except ValueError as error:
            raise SpecError(f"url is {url!r} ({error}): give http://host:port, as `vmenv serve` prints it") from error
        if token is not None and not (token.isascii() and token.isprintable()):
            raise SpecError("the token has characters that no token has: give printable ASCII, as the service was started with")
        self.url = url
        self._secure = parts.scheme == "https"
        self._timeout_s = timeout_s
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token is not None else {})
        self._own = threading.local()  # connection, and when it was used last

    def create(
        self,
        phases: Sequence[Phase],
        *,
        arrival_us: int | None = None,
        weight: int = 1,
        priority: int = 0,
        slo_us: int = 0,
        image_mib: int = 0,
        estimate_us: int = 0,
        tenant: int = 0,
        dirty_kib_s: int = 0,
        working_set_mib: int = 0,
        saving_permille: int = 0,
        emulated: int = 0,
    ) -> int:
        """See `Control.create`."""
        rows = [phase._asdict() if isinstance(phase, Phase) else phase for phase in phases]
        return self._call(
            "create",
            int,
            phases=rows,
            arrival_us=arrival_us,
            weight=weight,
            priority=priority,
            slo_us=slo_us,
            image_mib=image_mib,
            estimate_us=estimate_us,
            tenant=tenant,
            dirty_kib_s=dirty_kib_s,
            working_set_mib=working_set_mib,
            saving_permille=saving_permille,
            emulated=emulated,
        )

    def snapshot(self, vm: int, *, disk_kib_s: int, cpu_millicores: int = 0, slo_us: int = 0, weight: int = 1) -> int:
        """See `Control.snapshot`."""
        return self._call("snapshot", int, vm=vm, disk_kib_s=disk_kib_s, cpu_millicores=cpu_millicores, slo_us=slo_us, weight=weight)

    def compress(self, vm: int, *, cpu_millicores: int = 1000, slo_us: int = 0, weight: int = 1) -> int:
        """See `Control.compress`."""
        return self._call("compress", int, vm=vm, cpu_millicores=cpu_millicores, slo_us=slo_us, weight=weight)

    def migrate(self, vm: int, *, net_kib_s: int, cpu_millicores: int = 0, slo_us: int = 0, weight: int = 1) -> int:
        """See `Control.migrate`."""
        return self._call("migrate", int, vm=vm, net_kib_s=net_kib_s, cpu_millicores=cpu_millicores, slo_us=slo_us, weight=weight)

    def restore(self, vm: int, *, disk_kib_s: int, cpu_millicores: int = 0, slo_us: int = 0, weight: int = 1) -> int:
        """See `Control.restore`."""
        return self._call("restore", int, vm=vm, disk_kib_s=disk_kib_s, cpu_millicores=cpu_millicores, slo_us=slo_us, weight=weight)

    def destroy(self, vm: int) -> None:
        """See `Control.destroy`."""
        self._call("destroy", type(None), vm=vm)

    def suspend(self, vm: int) -> None:
        """See `Control.suspend`."""
        self._call("suspend", type(None), vm=vm)

    def resume(self, vm: int) -> None:
        """See `Control.resume`."""
        self._call("resume", type(None), vm=vm)

    def grant(self, vm: int) -> None:
        """See `Control.grant`."""
        self._call("grant", type(None), vm=vm)

    def wait(self, until_us: int | None = None) -> int:
        """See `Control.wait`."""
        return self._call("wait", int, until_us=until_us)

    def schedule(
        self,
        scheduler: str = "tsrr",
        *,
        parameters: Mapping[str, Parameter] | None = None,
        until_us: int | None = None,
        seed: int = 0,
        max_decisions: int = 1_000_000,
    ) -> Progress:
        """See `Control.schedule`."""
        given = None if parameters is None else dict(parameters)
        return self._call(
            "schedule", Progress, scheduler=scheduler, parameters=given, until_us=until_us, seed=seed, max_decisions=max_decisions
        )

    def describe_host(self) -> Host:
        """See `Control.describe_host`."""
        return self._ask("describe_host", Host)

    def observe(self) -> HostStatus:
        """See `Control.observe`."""
        seen = vars(self.observe_columns())  # which is less to send and to read
        return HostStatus(**seen | {"vms": tuple(rows_of(seen["vms"]))})

    def observe_columns(self) -> HostColumns:
        """See `Control.observe_columns`."""
        return self._ask("observe_columns", HostColumns)

    def vm_status(self, vm: int) -> VmStatus:
        """See `Control.vm_status`."""
        return self._call("vm_status", VmStatus, vm=vm)

    def metrics(self) -> dict[str, float]:
        """See `Control.metrics`."""
        return NamedNumbers(self._ask("metrics", dict[str, float]))

    def digest(self) -> str:
        """See `Control.digest`."""
        return self._ask("digest", str)

    def close(self) -> None:
        """Closes the connections; a later call makes a new one."""
        while self._open:
            self._open.pop().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def _ask(self, name: str, kind: Any) -> Any:
        return self._exchange("GET", name, None, kind)

    def _call(self, name: str, kind: Any, **arguments: Any) -> Any:
        try:
            body = json.dumps(arguments, default=operator.index, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise SpecError(f"{name} got what JSON cannot say ({error}): give numbers, strings and lists") from error
        return self._exchange("POST", name, body, kind)

    def _exchange(self, method: str, name: str, body: str | None, kind: Any) -> Any:
        """Sends a request and returns what is answered, as `kind`."""
        headers = self._headers if name in QUESTIONS else self._headers | {"Idempotency-Key": str(uuid.uuid4())}
        try:
            status, content = self._send(method, name, body, headers)
        except TimeoutError as error:  # it may be under way still
            raise self._lost(name, error) from error
        except (OSError, http.client.HTTPException):
            try:
                status, content = self._send(method, name, body, headers)
            except (OSError, http.client.HTTPException) as error:
                raise self._lost(name, error) from error
        self._own.used_s = time.monotonic()
        try:
            answer = json.loads(content)
            if status == 200:
                return decode(kind, answer)
            refused = _error(answer["error"], answer["message"])
        except (ValueError, KeyError, TypeError) as error:
            raise ServiceError(f"{self.url} answered {name} with {status} {content[:200]!r}: is that `vmenv serve`?") from error
        raise refused

    def _send(self, method: str, name: str, body: str | None, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = self._connection()
        try:
            connection.request(method, f"/v1/{name}", body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        except BaseException:
            connection.close()  # what is answered later would be taken for the answer to the next call
            raise

    def _lost(self, name: str, error: Exception) -> ServiceError:
        return ServiceError(
            f"the connection to {self.url} was lost while {name} was under way ({error!r}): "
            "it may have been carried out or not, see observe()"
        )

    def _connection(self) -> http.client.HTTPConnection:
        """Returns this thread's connection, a new one if it may have been closed."""
        connection: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        if connection is None:
            kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
            connection = self._own.connection = kind(*self._place, timeout=self._timeout_s)
        elif time.monotonic() - self._own.used_s >= IDLE_S:
            connection.close()
        if connection.sock is None:
            try:
                connection.connect()
            except OSError as error:
                raise ServiceError(f"nobody answers at {self.url} ({error}): start `vmenv serve` there, or correct the address") from error
            self._own.used_s = time.monotonic()
            if connection not in self._open:
                self._open.append(connection)
        return connection


def _error(name: str, message: str) -> VmenvError:
    """Returns the error that was raised at the other end."""
    kind = getattr(errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, VmenvError)):
        return ServiceError(f"{name}: {message}")
    error = kind.__new__(kind, message)
    error.args = (message,)
    if isinstance(error, UnknownNameError):
        error.name, error.known = "", []
    return error


def decode(kind: Any, value: Any) -> Any:
    """Returns a JSON value as the type that a call returns."""
    if kind == dict[str, np.ndarray]:
        return columns_of(value)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{name: decode(hints[name], part) for name, part in value.items()})
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is types.UnionType or origin is typing.Union:
        return None if value is None else decode(next(a for a in arguments if a is not type(None)), value)
    if origin is tuple:
        return tuple(decode(arguments[0], part) for part in value)
    if origin is dict:
        return {name: decode(arguments[1], part) for name, part in value.items()}
    return value if kind is type(None) else kind(value)


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)
