"""What every page may show."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, str]:
    """The house's name, and the reader's theme (auto, light or dark)."""
    user = getattr(request, "user", None)
    return {"site_name": settings.SITE_NAME, "theme": getattr(user, "theme", "auto")}
