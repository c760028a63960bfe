"""Reading the environment without ever stopping half-way.

A wrong value falls back to the default and is remembered in ``problems``; the
system checks in ``helpdesk.checks`` report every one of them, with a hint, before
anything is served.
"""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

problems: list[tuple[str, str]] = []
"""(variable, what is wrong with it), in the order found."""


def text(name: str, default: str = "") -> str:
    """The variable's value without surrounding blanks, or ``default`` when unset or empty."""
    return os.environ.get(name, "").strip() or default


def _parsed(name: str, default: T, parse: Callable[[str], T], wanted: str) -> T:
    raw = text(name)
    if not raw:
        return default
    try:
        return parse(raw)
    except ValueError:
        problems.append((name, f"{raw!r} is not {wanted}"))
        return default


def flag(name: str, default: bool = False) -> bool:
    """True for 1/true/yes/on, False for 0/false/no/off (any case)."""
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"0": False, "false": False, "no": False, "off": False}

    def parse(raw: str) -> bool:
        if raw.lower() not in words:
            raise ValueError
        return words[raw.lower()]

    return _parsed(name, default, parse, "one of 1, 0, true, false, yes, no, on, off")


def number(name: str, default: int, *, low: int = 0, high: int = 2**31) -> int:
    """A whole number between ``low`` and ``high``."""

    def parse(raw: str) -> int:
        value = int(raw)
        if not low <= value <= high:
            raise ValueError
        return value

    return _parsed(name, default, parse, f"a whole number from {low} to {high}")


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A list separated by commas."""
    raw = text(name)
    return [part.strip() for part in raw.split(",") if part.strip()] if raw else list(default)


def secret_key(folder: Path) -> str:
    """``SECRET_KEY``, or a random key made once and kept in ``folder/secret_key`` (mode 0600)."""
    given = text("SECRET_KEY")
    if given:
        return given
    kept = folder / "secret_key"
    try:
        return kept.read_text().strip() or _new_key(kept)
    except FileNotFoundError:
        return _new_key(kept)
    except OSError as error:
        problems.append(("SECRET_KEY", f"unset, and {kept} cannot be read ({error.strerror})"))
        return secrets.token_urlsafe(50)


def _new_key(path: Path) -> str:
    key = secrets.token_urlsafe(50)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    except OSError as error:
        problems.append(("SECRET_KEY", f"unset, and {path} cannot be written ({error.strerror})"))
        return key
    with os.fdopen(handle, "w") as out:
        out.write(key)
    return key


def database(url: str) -> dict[str, object]:
    """Django's DATABASES entry of a ``postgresql://user:password@host:port/name?option=value`` URL."""
    from urllib.parse import parse_qsl, unquote, urlsplit

    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        problems.append(("DATABASE_URL", "must look like postgresql://user:password@host:5432/name"))
        return {"ENGINE": "django.db.backends.postgresql", "NAME": "helpdesk"}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": options.pop("port", str(parts.port or "")),
        "OPTIONS": options,
    }
