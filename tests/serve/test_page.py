"""The page that a browser shows: every call is on it, its examples work, and it loads nothing."""

from __future__ import annotations

import http.client
import json
import re
import shlex
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest

from tests.serve.conftest import SlowManager, raw, serving
from vmenv.live.client import Client
from vmenv.live.manager import Manager
from vmenv.serve.models import call_names, request_of
from vmenv.workload import Phase

VOID = {"meta"}


class Page(HTMLParser):
    """What is in a page; a tag that is not closed is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self._open.append(tag)
        if "id" in given:
            assert given["id"] not in self.ids
            self.ids.add(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        self.loads += [given[name] for name in ("src", "data", "action") if name in given]
        assert tag not in ("script", "link", "iframe")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def fetch(url: str, path: str) -> tuple[http.client.HTTPResponse, str]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    connection.request("GET", path)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response, text


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_every_call_is_on_the_page(path: str) -> None:
    with serving(Manager(interpreted=True)) as url:
        response, text = fetch(url, path)
    page = Page(text)
    assert (response.status, response.getheader("content-type")) == (200, "text/html; charset=utf-8")
    assert response.getheader("content-security-policy") == "default-src 'none'; style-src 'unsafe-inline'"
    assert page.loads == []
    assert [link for link in page.links if not link.startswith("#")] == ["/openapi.json"]
    assert {link[1:] for link in page.links if link.startswith("#")} <= page.ids
    for name in call_names():
        section = text.split(f'id="{name}"')[1].split("<h2")[0]
        request = request_of(name)
        assert f"{'POST' if request else 'GET'} /v1/{name}" in section
        for field in request.model_fields if request else ():
            assert f"<code>{field}</code>" in section


def test_examples_work() -> None:
    """Each on a host on which it can be carried out, as it stands on the page."""
    for name in call_names():
        manager = SlowManager()
        manager.go.set()
        for _ in range(2):
            manager.create([Phase(50)])
        if name == "resume":
            manager.suspend(0)
        if name == "wait":
            manager.grant(0)
        with serving(manager) as url:
            example = re.search(rf"<pre>(curl {url}/v1/{name}\b.*)</pre>", fetch(url, "/")[1])
            assert example is not None
            words = shlex.split(unescape(example[1]))
            body = words[words.index("-d") + 1] if "-d" in words else None
            with Client(url) as client:
                status, answer = raw(client, "POST" if body else "GET", urlsplit(words[1]).path, body)
        assert status == 200, (name, answer)
        if body is not None:
            assert isinstance(json.loads(body), dict)
