"""Links in mails name the configured site, whatever Host the request came with."""

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings


def on_site(url: str) -> str:
    """The same path, query and fragment at SITE_URL."""
    site, parts = urlsplit(settings.SITE_URL), urlsplit(url)
    return urlunsplit((site.scheme, site.netloc, parts.path, parts.query, parts.fragment))


@dataclass(frozen=True)
class Site:
    """What mail templates call `current_site`."""

    name: str
    domain: str


def current_site() -> Site:
    """The configured name and host."""
    return Site(settings.SITE_NAME, urlsplit(settings.SITE_URL).netloc)
