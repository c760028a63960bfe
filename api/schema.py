"""OpenAPI: what drf-spectacular has to be told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER,
    description="1 to 255 characters. The same key with the same request again gets the first answer again.",
)  # fmt: skip

WORDS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}


def paging(orders: Iterable[str]) -> list[OpenApiParameter]:
    """The parameters of every list."""
    return [
        OpenApiParameter("cursor", str, description="From “next” or “previous”."),
        OpenApiParameter("page_size", OpenApiTypes.INT, description="1 to 100; 50 when left out."),
        OpenApiParameter("ordering", str, enum=list(orders), description="“-” in front: descending."),
    ]


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How to send the token."""

    target_class = "api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """For the Authorize button."""
        told = "“Token KEY”, with a key from `manage.py create_token EMAIL`."
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": told}


PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `errors` names the fields at fault; a stale version adds `changed` and `version`.",
    "required": ["type", "title", "status", "detail", "code", "errors", "correlation_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
        "correlation_id": {"type": "string"},
    },
}


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Postprocessing hook: every operation may answer with a problem."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    answer = {
        "description": "A problem",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"].setdefault("default", answer)
    return result
