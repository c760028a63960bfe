"""The OpenAPI document as a page: sections of operations, with their parameters, bodies and answers in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

METHODS = ("get", "post", "patch", "put", "delete")
DEPTH = 3
"""How far fields of fields are unfolded."""


@dataclass(frozen=True)
class Field:
    """A parameter or a field of a body. ``name`` is dotted below the first level."""

    name: str
    kind: str
    required: bool
    text: str


@dataclass(frozen=True)
class Answer:
    """One status with what its body holds."""

    status: str
    text: str
    fields: list[Field] = field(default_factory=list)


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    key: str
    method: str
    path: str
    title: str
    text: str
    parameters: list[Field]
    body: list[Field]
    answers: list[Answer]
    example: str


@dataclass(frozen=True)
class Section:
    """The operations of one tag."""

    name: str
    operations: list[Operation]


def sections(document: dict[str, Any], site: str) -> list[Section]:
    """The whole document by tag, in the order of its addresses. ``site``: for the examples' addresses."""
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                made = _operation(document, site, path, method, methods[method])
                found.setdefault((methods[method].get("tags") or ["other"])[0], []).append(made)
    return [Section(name, operations) for name, operations in found.items()]


def _operation(document: dict[str, Any], site: str, path: str, method: str, given: dict[str, Any]) -> Operation:
    content = given.get("requestBody", {}).get("content", {})
    body: dict[str, Any] = content.get("application/json") or next(iter(content.values()), {})
    return Operation(
        key=given["operationId"],
        method=method.upper(),
        path=path,
        title=given.get("summary") or given["operationId"],
        text=given.get("description", ""),
        parameters=[_parameter(document, parameter) for parameter in given.get("parameters", [])],
        body=list(_fields(document, body.get("schema", {}))),
        answers=[_answer(document, status, answer) for status, answer in given.get("responses", {}).items()],
        example=_example(document, site, path, method, body.get("schema", {})),
    )


def _parameter(document: dict[str, Any], given: dict[str, Any]) -> Field:
    where = {"path": "in the address", "query": "after the ?", "header": "header"}.get(given["in"], given["in"])
    kind = f"{_kind(document, given.get('schema', {}))}, {where}"
    return Field(given["name"], kind, bool(given.get("required")), given.get("description", ""))


def _answer(document: dict[str, Any], status: str, given: dict[str, Any]) -> Answer:
    content: dict[str, Any] = next(iter(given.get("content", {}).values()), {})
    label = "otherwise" if status == "default" else status
    return Answer(label, given.get("description", ""), list(_fields(document, content.get("schema", {}))))


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema behind references; single ``allOf`` members merged."""
    for _ in range(10):
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        elif len(schema.get("allOf", [])) == 1:
            schema = {**schema["allOf"][0], **{key: value for key, value in schema.items() if key != "allOf"}}
        else:
            break
    return schema


def _fields(document: dict[str, Any], schema: dict[str, Any], above: str = "", depth: int = DEPTH) -> Iterator[Field]:
    schema = _resolved(document, schema)
    if schema.get("type") == "array":
        yield from _fields(document, schema.get("items", {}), f"{above}[]", depth)
        return
    for name, given in schema.get("properties", {}).items():
        full = f"{above}.{name}" if above else name
        inner = _resolved(document, given)
        text = given.get("description") or inner.get("description", "")
        yield Field(full, _kind(document, given), name in schema.get("required", []), text)
        nested = _resolved(document, inner.get("items", {})) if inner.get("type") == "array" else inner
        if depth > 1 and nested.get("properties"):
            yield from _fields(document, nested, f"{full}[]" if inner.get("type") == "array" else full, depth - 1)


def _kind(document: dict[str, Any], schema: dict[str, Any]) -> str:
    schema = _resolved(document, schema)
    words = schema.get("format") or schema.get("type") or "anything"
    if isinstance(schema.get("enum"), list):
        words = "one of " + ", ".join(str(value) for value in schema["enum"] if value not in (None, ""))
    elif schema.get("type") == "array":
        words = f"list of {_kind(document, schema.get('items', {}))}"
    return f"{words} or null" if schema.get("nullable") else str(words)


def _example(document: dict[str, Any], site: str, path: str, method: str, schema: dict[str, Any]) -> str:
    """A line for the shell."""
    lines = ["curl" if method == "get" else f"curl -X {method.upper()}", "-H 'Authorization: Token KEY'"]
    wanted = _resolved(document, schema)
    if wanted.get("properties"):
        names = wanted.get("required") or list(wanted["properties"])[:1]
        body = {name: _sample(document, wanted["properties"][name]) for name in names}
        lines += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(body)}'"]
    return " \\\n  ".join([*lines, f"{site}{path}"])


def _sample(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    schema = _resolved(document, schema)
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("type") == "object":
        inner = schema.get("properties", {})
        return {name: _sample(document, inner[name]) for name in schema.get("required", []) if name in inner}
    samples = {"integer": 1, "number": 1, "boolean": True, "array": []}
    if schema.get("format") == "email":
        return "someone@example.com"
    return samples.get(str(schema.get("type")), "…")
