"""Bodies, read strictly: what Postgres cannot store or JSON does not know is refused here, once for all."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, MultiPartParser

from core.errors import Invalid, TooLarge

DEPTH_MAX = 20
_SURROGATES = range(0xD800, 0xE000)


class StrictJSONParser(BaseParser):
    """UTF-8 JSON of limited size and depth, without NaN, doubled keys, NUL, lone surrogates or huge numbers."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The value. Raises ParseError, Invalid (with the place at fault) or TooLarge."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge(f"The body is larger than {limit // 1024**2} MB.")
        try:
            value = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_constant)
        except UnicodeDecodeError:
            raise ParseError("The body is not valid UTF-8.") from None
        except RecursionError:
            raise ParseError(f"The body is nested more than {DEPTH_MAX} levels deep.") from None
        except json.JSONDecodeError as error:
            told = f"The body is not valid JSON: {error.msg} (line {error.lineno}, column {error.colno})."
            raise ParseError(told) from None
        except ValueError as error:
            raise ParseError(str(error) if isinstance(error, _Refused) else "A number is too long.") from None
        _check(value)
        return value


class LimitedMultiPartParser(MultiPartParser):
    """Multipart up to what the attachments of one message may weigh."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """As the framework's. Raises TooLarge before anything is read."""
        request = (parser_context or {})["request"]
        limit = settings.ATTACHMENT_MAX_BYTES * settings.ATTACHMENTS_PER_MESSAGE + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if length > limit:
            raise TooLarge(f"The request is larger than {limit // 1024**2} MB.")
        return super().parse(stream, media_type, parser_context)


class _Refused(ValueError):
    """Valid JSON for Python, not for us."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        double = next(key for key in keys if keys.count(key) > 1)
        raise _Refused(f"The key “{shown(double)}” stands twice in one object.")
    return found


def _constant(name: str) -> Any:
    raise _Refused(f"{name} is not a JSON number.")


def _check(value: Any) -> None:
    """Walk without recursion; raise Invalid naming the first place at fault."""
    waiting: list[tuple[str, Any, int]] = [("", value, 1)]
    while waiting:
        place, current, depth = waiting.pop()
        if depth > DEPTH_MAX:
            raise ParseError(f"The body is nested more than {DEPTH_MAX} levels deep.")
        if isinstance(current, str):
            _check_text(place, current)
        elif isinstance(current, int | float) and not isinstance(current, bool):
            _check_number(place, current)
        elif isinstance(current, dict | list):
            waiting.extend((name, item, depth + 1) for name, item in _children(place, current))


def _children(place: str, value: dict[str, Any] | list[Any]) -> Iterable[tuple[str, Any]]:
    if isinstance(value, list):
        return ((f"{place}.{index}" if place else str(index), item) for index, item in enumerate(value))
    for key in value:
        _check_text(place or "request", key)
    return ((f"{place}.{key}" if place else key, item) for key, item in value.items())


def _check_text(place: str, text: str) -> None:
    told = storable_or_reason(text)
    if told:
        raise Invalid(told, fields={shown(place) or "request": [told]})


def storable_or_reason(text: str) -> str:
    """Why the text cannot be stored; empty when it can."""
    if "\x00" in text:
        return "NUL characters cannot be stored."
    if not text.isascii() and any(ord(character) in _SURROGATES for character in text):
        return "Half a surrogate pair is not a character."
    return ""


def _check_number(place: str, number: float) -> None:
    if (isinstance(number, float) and not math.isfinite(number)) or abs(number) >= 2**63:
        told = "This number is too large."
        raise Invalid(told, fields={shown(place) or "request": [told]})


def shown(name: str) -> str:
    """A name from outside as it may stand in an answer: short, without what JSON output cannot carry."""
    return name.encode("utf-8", "replace").decode("utf-8")[:80]
