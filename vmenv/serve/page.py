"""A page about the calls, made from the OpenAPI document. It loads nothing from anywhere and needs no scripts."""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any

HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "X-Content-Type-Options": "nosniff"}
_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; border-top: 1px solid #8886; padding-top: 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
pre { background: #8881; padding: 0.6rem 0.8rem; overflow-x: auto; white-space: pre-wrap; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.2rem 0.8rem 0.2rem 0; border-bottom: 1px solid #8883; }
"""


def page_of(document: dict[str, Any], url: str) -> str:
    """Returns HTML about every call: method, path, fields, what is answered, and an example with curl.

    Args:
        document: The OpenAPI document.
        url: Where the service is, for the examples.
    """
    calls = [(path, method, about) for path, methods in document["paths"].items() for method, about in methods.items()]
    info, schemas = document["info"], document["components"]["schemas"]
    index = [
        [f'<a href="#{about["operationId"]}"><code>{method.upper()} {path}</code></a>', _prose(about["summary"])]
        for path, method, about in calls
    ]
    used = {name for name in schemas if name not in {_name(_body(about)) for _, _, about in calls}}
    parts = [
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>",
        f"<p>{_prose(info['summary'])}. {_prose(info['description'])}</p>",
        '<p>The same for programs: <a href="/openapi.json">/openapi.json</a>. With a token, every request needs '
        "<code>Authorization: Bearer &lt;token&gt;</code>.</p>",
        _table(["call", "what it does"], index),
        *(_call(url + path, method, path, about, schemas) for path, method, about in calls),
        *(_type(name, schema) for name, schema in schemas.items() if name in used and not name.startswith(("HTTP", "Validation"))),
    ]
    head = f'<meta charset="utf-8"><title>{escape(info["title"])}</title><style>{_STYLE}</style>'
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>\n' + "\n".join(parts) + "\n</body></html>\n"


def _call(url: str, method: str, path: str, about: dict[str, Any], schemas: dict[str, Any]) -> str:
    schema = schemas.get(_name(_body(about)))
    parts = [f'<h2 id="{about["operationId"]}"><code>{method.upper()} {path}</code></h2>', f"<p>{_prose(about['summary'])}</p>"]
    if about.get("description"):
        parts.append(f"<pre>{_prose(about['description'])}</pre>")
    if schema:
        parts.append(_fields(schema))
    for header in about.get("parameters", []):
        parts.append(f"<p>Header <code>{escape(header['name'])}</code>, optional: {escape(header['description'])}</p>")
    answer = about["responses"]["200"]["content"]["application/json"]["schema"]
    parts.append(f"<p>Answers {_kind(answer)}.</p>")
    curl = f"curl {url}"
    if schema:
        curl += f" -H 'Content-Type: application/json' -d '{json.dumps(example_of(schema, schemas))}'"
    parts.append(f"<pre>{escape(curl)}</pre>")
    return "\n".join(parts)


def example_of(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """Returns a small value that a schema allows: what is needed and nothing else."""
    schema = schemas.get(_name(schema), schema)
    if "examples" in schema:
        return schema["examples"][0]
    if schema["type"] == "array":
        return [example_of(schema["items"], schemas)]
    return {name: example_of(field, schemas) for name, field in schema["properties"].items() if name in schema.get("required", [])}


def _type(name: str, schema: dict[str, Any]) -> str:
    text = f'<h2 id="{name}"><code>{name}</code></h2>\n<pre>{_prose(schema.get("description", ""))}</pre>'
    return text + _fields(schema) if "properties" in schema else text + f"<p>One of {escape(', '.join(schema['enum']))}.</p>"


def _fields(schema: dict[str, Any]) -> str:
    rows = []
    for name, field in schema["properties"].items():
        needed = "needed" if name in schema.get("required", []) else f"default {escape(json.dumps(field.get('default')))}"
        rows.append([f"<code>{escape(name)}</code>", _kind(field), needed, _prose(field.get("description", ""))])
    return _table(["field", "type", "", ""], rows)


def _kind(schema: dict[str, Any]) -> str:
    """Returns a type in words, with a link to where it is described."""
    name = _name(schema)
    if name:
        return f'<a href="#{name}"><code>{name}</code></a>'
    if "anyOf" in schema:
        return " or ".join(_kind(part) for part in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    if schema.get("type") == "object":
        return f"object of {_kind(schema['additionalProperties'])}"
    return escape(schema.get("type", "anything"))


def _prose(text: str) -> str:
    """Returns a docstring as HTML: what stands between backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _name(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _body(about: dict[str, Any]) -> dict[str, Any]:
    if "requestBody" not in about:
        return {}
    schema: dict[str, Any] = about["requestBody"]["content"]["application/json"]["schema"]
    return schema


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows]
    return "<table><tr>" + "".join(f"<th>{cell}</th>" for cell in head) + "</tr>\n" + "\n".join(lines) + "</table>"
