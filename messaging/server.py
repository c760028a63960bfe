"""The mail server we send through, as SMTP_URL names it."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from django.conf import settings

EXAMPLE = "smtp://user:password@mail.example.com:587?tls=starttls"
TLS_MODES = ("starttls", "tls", "none")
LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Server:
    """Where and how to hand mail over. tls: 'starttls', 'tls' (from the first byte) or 'none'."""

    host: str
    port: int
    user: str
    password: str
    tls: str

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """On this machine: nobody listens on the way."""
        return self.host in LOCAL


def parse_smtp_url(url: str) -> Server:
    """The server of `smtp://user:password@host:port?tls=starttls|tls|none` (or smtps://, which means tls=tls).

    Without a port: 465 for tls, 25 for none, otherwise 587. Without `tls`: tls on port 465, none on this machine,
    otherwise starttls. Raises ValueError saying what is wrong; the message never holds the password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("the host or the port cannot be read") from None
    if parts.scheme not in ("smtp", "smtps"):
        raise ValueError("it must begin with smtp:// or smtps://")
    if not parts.hostname:
        raise ValueError("the host is missing")
    if parts.path not in ("", "/"):
        raise ValueError("nothing may follow the port but ?tls=…")
    tls = _tls(parts.scheme, parts.hostname, port, parts.query)
    return Server(
        host=parts.hostname,
        port=port or {"tls": 465, "none": 25, "starttls": 587}[tls],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=tls,
    )


def _tls(scheme: str, host: str, port: int | None, query: str) -> str:
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = sorted(set(options) - {"tls"})
    if unknown:
        raise ValueError(f"unknown option {unknown[0]!r}; there is only tls")
    default = "tls" if scheme == "smtps" or port == 465 else "none" if host in LOCAL else "starttls"
    tls = options.get("tls", default)
    if tls not in TLS_MODES:
        raise ValueError(f"tls must be one of {', '.join(TLS_MODES)}")
    if scheme == "smtps" and tls != "tls":
        raise ValueError(f"smtps:// means tls=tls, not tls={tls}")
    return tls


def configured_server() -> Server | None:
    """The server of settings.SMTP_URL; None when none is configured or it cannot be understood (a check tells)."""
    url = getattr(settings, "SMTP_URL", "")
    if not url:
        return None
    try:
        return parse_smtp_url(url)
    except ValueError:
        return None
