"""Domain errors: raised in actions, rendered once by each face (form error, problem+json, flash message)."""

from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal that a person can read.

    message: for people. code: for programs. fields: form field -> messages. data: further values for programs.
    status: the HTTP status a face answers with.
    """

    status: ClassVar[int] = 400
    default_code: ClassVar[str] = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        fields: dict[str, list[str]] | None = None,
        **data: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.fields: dict[str, list[str]] = fields or {}
        self.data: dict[str, Any] = data

    def __str__(self) -> str:
        return str(self.message)


class Invalid(DomainError):
    """What was sent cannot be accepted."""

    status = 400
    default_code = "invalid"


class NotAllowed(DomainError):
    """The actor may see the thing but not do this to it."""

    status = 403
    default_code = "not_allowed"


class NotFound(DomainError):
    """The thing does not exist, or the actor may not know that it does."""

    status = 404
    default_code = "not_found"


class Conflict(DomainError):
    """Somebody else changed it first, or its state does not permit this."""

    status = 409
    default_code = "conflict"


class TooLarge(DomainError):
    """More bytes, rows or files than are accepted."""

    status = 413
    default_code = "too_large"


class TooMany(DomainError):
    """Too many requests in too short a time."""

    status = 429
    default_code = "too_many"
