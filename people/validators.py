"""What a password may be, beyond Django's own validators."""

from django.core.exceptions import ValidationError

PASSWORD_MAX_LENGTH = 128


class MaximumLengthValidator:
    """Refuse passwords of more than `max_length` characters: hashing a megabyte would cost us, not the sender."""

    def __init__(self, max_length: int = PASSWORD_MAX_LENGTH) -> None:
        self.max_length = max_length

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError for a password that is too long."""
        if len(password) > self.max_length:
            raise ValidationError(
                f"This password is too long. It may have at most {self.max_length} characters.",
                code="password_too_long",
            )

    def get_help_text(self) -> str:
        return f"Your password may have at most {self.max_length} characters."
