"""A program that talks to the API with a token."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

BASE = "/api/v1/"


class Caller:
    """Every answer's JSON is at ``.data``; errors must be proper problems."""

    def __init__(self, token: str = "", **headers: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Token {token}"} if token else {}
        self.headers |= headers

    def __call__(self, method: str, path: str, body: Any = None, *, raw: Any = None, **options: Any) -> Any:
        """Send a request. body: sent as JSON; raw: sent as it is."""
        options.setdefault("content_type", "application/json")
        headers = self.headers | options.pop("headers", {})
        data = raw if raw is not None else "" if body is None else json.dumps(body)
        url = path if path.startswith(("/", "http")) else BASE + path
        answer = self.client.generic(method, url, data, headers=headers, **options)
        return checked(answer)

    def get(self, path: str, **query: Any) -> Any:
        """GET with query parameters."""
        url = path if path.startswith(("/", "http")) else BASE + path
        return checked(self.client.get(url, query or None, headers=self.headers))

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        """POST JSON."""
        return self("POST", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> Any:
        """PATCH JSON."""
        return self("PATCH", path, body, **options)

    def delete(self, path: str) -> Any:
        """DELETE."""
        return self("DELETE", path)

    def upload(self, path: str, data: dict[str, Any], **headers: str) -> Any:
        """POST multipart."""
        return checked(self.client.post(BASE + path, data, headers=self.headers | headers))


def checked(answer: HttpResponse) -> Any:
    """The answer; errors are asserted to be complete problems."""
    kind = answer.headers.get("Content-Type", "")
    answer.data = json.loads(answer.content) if "json" in kind and not answer.streaming else None  # type: ignore[attr-defined]
    if answer.streaming:
        answer.body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]  (read, so that the file closes)
    if answer.status_code >= 400:
        assert kind == "application/problem+json", (answer.status_code, kind)
        problem = answer.data  # type: ignore[attr-defined]
        assert problem["status"] == answer.status_code
        assert {"type", "title", "detail", "code", "errors", "correlation_id"} <= set(problem)
        assert all(isinstance(messages, list) and messages for messages in problem["errors"].values())
    return answer
