"""One effect for one Idempotency-Key, however often and from wherever the request is sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.http import QueryDict
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from api.models import IdempotencyRecord
from core.errors import DomainError, Invalid

HEADER = "Idempotency-Key"
KEY_MAX = 255

Handler = Callable[..., Response]


class KeyReused(DomainError):
    """The key belongs to another request."""

    status = 422
    default_code = "idempotency_key_reused"


def idempotent(handler: Handler) -> Handler:
    """For a POST handler: run it in one transaction and, when the request carries a key, only once.

    The record is inserted first, in the transaction of the effect. A second request with the same key waits in the
    unique index until the first has ended: then it finds the answer and repeats it, or (the first was refused) goes on
    itself."""

    @wraps(handler)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            with transaction.atomic():
                return handler(view, request, *args, **kwargs)
        _check(key)
        fingerprint = fingerprint_of(request)
        with transaction.atomic():
            claimed = _claim(request.auth.pk, key, fingerprint)
            if claimed is None:
                return _repeat(request.auth.pk, key, fingerprint)
            response = handler(view, request, *args, **kwargs)
            body = json.dumps(response.data, cls=JSONEncoder)
            IdempotencyRecord.objects.filter(pk=claimed).update(status=response.status_code, body=body)
            return response

    return once


def _check(key: str) -> None:
    if not 0 < len(key) <= KEY_MAX or not key.isascii() or not key.isprintable():
        told = f"An Idempotency-Key has 1 to {KEY_MAX} printable ASCII characters."
        raise Invalid(told, code="idempotency_key_invalid", fields={HEADER: [told]})


def _claim(token_id: int, key: str, fingerprint: str) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO api_idempotencyrecord (token_id, key, fingerprint, status, body, created_at)"
            " VALUES (%s, %s, %s, 0, '', %s) ON CONFLICT (token_id, key) DO NOTHING RETURNING id",
            [token_id, key, fingerprint, timezone.now()],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _repeat(token_id: int, key: str, fingerprint: str) -> Response:
    record = IdempotencyRecord.objects.get(token=token_id, key=key)
    if record.fingerprint != fingerprint:
        told = "This Idempotency-Key was used for another request. Take a new key for a new request."
        raise KeyReused(told, fields={HEADER: [told]})
    return Response(json.loads(record.body), status=record.status, headers={"Idempotent-Replayed": "true"})


def fingerprint_of(request: Request) -> str:
    """What the request asks for, independent of the order of keys and of multipart boundaries."""
    data = request.data
    content: Any = data
    if isinstance(data, QueryDict):
        content = {name: [_part(value) for value in data.getlist(name)] for name in data}
    asked = json.dumps([request.method, request.path, content], sort_keys=True, cls=JSONEncoder)
    return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()


def _part(value: Any) -> Any:
    if not isinstance(value, UploadedFile):
        return value
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return [value.name, digest.hexdigest()]
