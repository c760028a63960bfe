"""One address, one header line: what may not break out of either."""

from collections.abc import Iterable
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.encoding import punycode

from core.errors import Invalid
from core.text import one_line

MAX_CC = 50
_FORBIDDEN = frozenset(' \t\r\n\0,;:<>()"\\')


def clean_line(value: Any, field: str, *, longest: int) -> str:
    """The text on one line: line ends become a blank, other control characters go; cut at `longest` characters.

    Raises Invalid for anything but a text.
    """
    if not isinstance(value, str):
        raise Invalid("This must be one line of text.", fields={field: ["Not a text."]})
    return one_line(value)[:longest].rstrip()


def clean_address(value: Any, field: str = "to") -> str:
    """One bare mail address, its domain in ASCII (ada@xn--bcher-kva.example).

    Raises Invalid for a list, a name, a line end or anything else around or inside of it.
    """
    address = value.strip(" ") if isinstance(value, str) else ""
    local, _, domain = address.rpartition("@")
    if local.isascii() and not _FORBIDDEN.intersection(address):
        try:
            address = f"{local}@{punycode(domain)}"
            validate_email(address)
        except (ValidationError, UnicodeError):
            address = ""
        if 0 < len(address) <= 254:
            return address
    raise Invalid(
        "This is not one mail address.",
        code="bad_address",
        fields={field: ["Not one mail address."]},
    )


def clean_cc(values: Iterable[Any], *, without: str) -> list[str]:
    """The addresses, each once (in any case of letters) and without that of the recipient. Raises Invalid."""
    if isinstance(values, str):
        raise Invalid("CC takes a list of addresses.", fields={"cc": ["Not a list."]})
    found: dict[str, str] = {}
    for value in values:
        address = clean_address(value, "cc")
        found.setdefault(address.lower(), address)
    found.pop(without.lower(), None)
    if len(found) > MAX_CC:
        raise Invalid(f"At most {MAX_CC} addresses in CC.", fields={"cc": ["Too many."]})
    return list(found.values())


def our_sender() -> tuple[str, str]:
    """(name, address) that mails come from, as settings.DEFAULT_FROM_EMAIL says."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)
