"""The journal: every changing call that was carried out, so that a service that was killed goes on where it stood.

A file of JSON lines. The first one says what host it is about. Every other one is a call with what it was given and answered, under which
key it came, and where the host stood afterwards; it is on the disk before the call is answered. A line begins with a sum over itself and
all lines before it, so that none can be lost, changed or moved.
"""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import vmenv
from vmenv.episodes.files import sync_folder
from vmenv.errors import ServiceError, SpecError, VmenvError
from vmenv.live.manager import Manager
from vmenv.serve.answers import Answer

FORMAT = 1
_SUM_CHARACTERS = 16
_LEAD, _MIDDLE, _END = b'{"sum": "', b'", "line": ', b"}\n"


class Journal:
    """The journal of one host, which belongs to this process until it is closed.

    Args:
        path: The file; it is made if it is not there. A last line that was cut off, of a call that was never answered, is dropped.
        manager: The host, as it was when the journal began.

    Raises:
        ServiceError: The file cannot be opened, or another process has it.
        SpecError: It is no journal, is damaged, or is about another host.
    """

    def __init__(self, path: Path, manager: Manager) -> None:
        self.path, self._manager, self._sum = path, manager, ""
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise ServiceError(f"journal {path} cannot be opened ({error}): give a file that can be written") from error
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Gives the file back."""
        os.close(self._file)

    def append(self, call: str, given: dict[str, Any], key: str | None, answer: Answer) -> None:
        """Writes down a call that was carried out, and waits until it is on the disk.

        Raises:
            OSError: It is not.
        """
        entry = {"call": call, "given": given, "key": key, "status": answer.status, "answer": json.loads(answer.body)}
        self._write(entry | {"mark": self._manager.mark})

    def replay(self, carry_out: Callable[[str, dict[str, Any], str | None], Answer]) -> int:
        """Carries out all calls once more, on the host as it was when the journal began, and returns how many there are.

        This comes before the first `append`.

        Args:
            carry_out: Takes a call, what it is given and its key.

        Raises:
            SpecError: The journal is damaged, or the host comes to stand elsewhere than it did.
        """
        number = 0
        for number, entry in enumerate(self._lines()):
            if number == 0:
                continue
            try:
                answer = carry_out(entry["call"], entry["given"], entry["key"])
            except VmenvError as error:
                raise SpecError(f"journal {self.path}, line {number + 1}: {entry['call']} is refused now ({error}): allow it") from error
            got = [answer.status, json.loads(answer.body), list(self._manager.mark)]
            if got != [entry["status"], entry["answer"], entry["mark"]]:
                raise SpecError(
                    f"journal {self.path}, line {number + 1}: {entry['call']} does not come to what it came to ({got} instead of "
                    f"{[entry['status'], entry['answer'], entry['mark']]}): replay it with vmenv {self._version}, which wrote it"
                )
        return number

    # --- the file -----------------------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ServiceError(f"journal {self.path} belongs to another process ({error}): stop that one, or give another file") from error
        manager, whole = self._manager, self._length_in_whole_lines()
        settings = {"host": dataclasses.asdict(manager.host), "num_slots": manager.num_slots, "objective": manager.objective}
        start = os.pread(self._file, len(_LEAD), 0)
        if start != _LEAD[: len(start)]:
            raise SpecError(f"{self.path} is no journal: give a file that a service wrote, or one that is not there")
        if whole == 0:
            os.ftruncate(self._file, 0)
            self._write({"vmenv journal": FORMAT, "version": vmenv.__version__, "settings": settings})
            sync_folder(self.path.resolve().parent)
        head = next(self._lines())
        if head.get("vmenv journal") != FORMAT:
            raise SpecError(f"journal {self.path} has format {head.get('vmenv journal')!r}, this is {FORMAT}: give another file")
        self._version = head["version"]
        wrong = _difference(head["settings"], json.loads(json.dumps(settings)))
        if wrong:
            raise SpecError(
                f"journal {self.path} is about another host ({wrong}): start with the settings that it has, or give another file"
            )
        if whole:
            os.ftruncate(self._file, whole)

    def _length_in_whole_lines(self) -> int:
        """Returns the length of the file without a last line that was cut off."""
        end = os.fstat(self._file).st_size
        while end > 0:
            first = max(0, end - 65_536)
            place = os.pread(self._file, end - first, first).rfind(b"\n")
            if place >= 0:
                return first + place + 1
            end = first
        return 0

    def _lines(self) -> Iterator[dict[str, Any]]:
        """Goes through all whole lines, checking their sums; afterwards `_sum` is that of the last one."""
        total = ""
        with open(os.dup(self._file), "rb") as file:
            file.seek(0)
            for number, line in enumerate(file, 1):
                place = len(_LEAD) + _SUM_CHARACTERS
                text = line[place + len(_MIDDLE) : -len(_END)]
                total = _next_sum(total, text)
                if line != _line(total, text):
                    raise SpecError(
                        f"journal {self.path}, line {number} is damaged: bring back a copy of the file, or give another one to begin anew"
                    )
                self._sum = total
                yield json.loads(text)

    def _write(self, entry: dict[str, Any]) -> None:
        text = json.dumps(entry).encode()
        total = _next_sum(self._sum, text)
        line = _line(total, text)
        while line:
            line = line[os.write(self._file, line) :]
        os.fsync(self._file)
        self._sum = total


def _line(total: str, text: bytes) -> bytes:
    return _LEAD + total.encode() + _MIDDLE + text + _END


def _next_sum(before: str, text: bytes) -> str:
    return hashlib.sha256(before.encode() + text).hexdigest()[:_SUM_CHARACTERS]


def _difference(had: dict[str, Any], has: dict[str, Any], name: str = "") -> str:
    """Returns the first setting in which they differ, in words; "" if there is none."""
    for key in sorted(had.keys() | has.keys()):
        before, now = had.get(key), has.get(key)
        if isinstance(before, dict) and isinstance(now, dict):
            found = _difference(before, now, f"{key}.")
            if found:
                return found
        elif before != now:
            return f"{name}{key} was {before!r}, now it is {now!r}"
    return ""
