"""Errors as application/problem+json (RFC 9457): every refusal looks the same to a program."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core import context
from core.errors import DomainError

logger = logging.getLogger("api")

CONTENT_TYPE = "application/problem+json"
Errors = dict[str, list[str]]


def problem(
    status: int,
    detail: str,
    *,
    code: str,
    errors: Errors | None = None,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Response:
    """The answer that tells a program what went wrong. extra: further members for programs."""
    body = {
        "type": f"urn:helpdesk:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": errors or {},
        "correlation_id": context.bound_correlation_id(),
    }
    more = {name: value for name, value in (extra or {}).items() if name not in body}
    return Response(more | body, status=status, content_type=CONTENT_TYPE, headers=dict(headers or {}))


def handle(error: Exception, view_context: Mapping[str, Any]) -> Response:
    """DRF's exception handler: any exception becomes a problem; the unexpected is logged and told as a bare 500."""
    set_rollback()
    if isinstance(error, DomainError):
        return problem(error.status, error.message, code=error.code, errors=error.fields, extra=_plain(error.data))
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    if isinstance(error, Http404):
        return problem(404, "There is nothing at this address.", code="not_found")
    if isinstance(error, PermissionDenied):
        return problem(403, "You may not do this.", code="not_allowed")
    if isinstance(error, RequestDataTooBig):
        return problem(413, "The request is too large.", code="too_large")
    if isinstance(error, SuspiciousOperation | UnreadablePostError):
        return problem(400, "The request could not be read.", code="malformed")
    if isinstance(error, OperationalError | InterfaceError):
        logger.exception("the database did not do its part")
        told = "The service is busy or restarting. Try again."
        return problem(503, told, code="unavailable", headers={"Retry-After": "5"})
    if isinstance(error, IntegrityError):
        logger.warning("a request lost a race", exc_info=error)
        return problem(409, "Somebody else did something with this at the same moment. Look again.", code="conflict")
    if isinstance(error, DataError):
        logger.warning("a value got as far as the database", exc_info=error)
        return problem(400, "A value cannot be stored.", code="invalid")
    logger.exception("unexpected error in the API")
    return problem(500, "Something went wrong on our side. The correlation id finds it in the log.", code="error")


def _of_framework(error: exceptions.APIException) -> Response:
    headers: dict[str, str] = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(error.auth_header)  # type: ignore[attr-defined]
    wait = getattr(error, "wait", None)
    if wait is not None:
        headers["Retry-After"] = str(math.ceil(wait))
    if isinstance(error, exceptions.ValidationError):
        errors = flatten(error.detail)
        return problem(400, _sentence(errors), code="invalid", errors=errors, headers=headers)
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else "error"
    return problem(error.status_code, str(error.detail), code=code, headers=headers)


def flatten(detail: Any, name: str = "") -> Errors:
    """DRF's nested messages as one level: {"requester.email": ["…"]}. What is about the whole is "request"."""
    if isinstance(detail, Mapping):
        found: Errors = {}
        for key, value in detail.items():
            part = "" if key == "non_field_errors" else str(key)
            for where, messages in flatten(value, ".".join(filter(None, (name, part)))).items():
                found.setdefault(where, []).extend(messages)
        return found
    if isinstance(detail, list | tuple):
        found = {}
        for place, item in enumerate(detail):
            nested = isinstance(item, Mapping | list | tuple)
            for where, messages in flatten(item, f"{name}.{place}" if nested and name else name).items():
                found.setdefault(where, []).extend(messages)
        return found
    return {name or "request": [str(detail)]}


def _sentence(errors: Errors) -> str:
    if len(errors) == 1:
        [(name, messages)] = errors.items()
        return f"{name}: {messages[0]}" if messages else name
    return f"Some fields need another look: {', '.join(sorted(errors))}."


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if isinstance(value, str | int | float | bool | list | None)}
