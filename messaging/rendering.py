"""Mail texts from templates/mail/: one name, a plain text and its HTML twin."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string


class Body(NamedTuple):
    """Both forms of a mail's body."""

    text: str
    html: str


def render_mail(template: str = "message", context: Mapping[str, Any] | None = None) -> Body:
    """The body of `templates/mail/<template>.txt` and `.html`.

    'message' takes: heading, body (plain text; escaped in the HTML), body_html (instead of body in the HTML; only what
    was cleaned and marked safe), action_url, action_label, footer. All may be left out. Templates also get site_name
    and site_url. Raises TemplateDoesNotExist.
    """
    values = {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        **(context or {}),
    }
    text = render_to_string(f"mail/{template}.txt", values)
    html = render_to_string(f"mail/{template}.html", values)
    return Body(re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", html.strip() + "\n")
