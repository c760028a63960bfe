"""Somebody in front of a browser, and what must not happen there unseen."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

from people.models import User

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 375, "height": 812}, "color_scheme": "light", "has_touch": True},
}


@dataclass
class Guard:
    """Console errors (a breach of the content security policy is one), page errors, failed requests, answers
    without a policy. ``allow`` names those a test provokes."""

    complaints: list[str] = field(default_factory=list)
    allowed: list[re.Pattern[str]] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        self.allowed.append(re.compile(pattern))

    def tell(self, what: str) -> None:
        if not any(pattern.search(what) for pattern in self.allowed):
            self.complaints.append(what)

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self.said)
        context.on("weberror", lambda error: self.tell(f"page error: {error.error}"))
        context.on("requestfailed", self.failed)
        context.on("response", self.answered)

    def said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            where = message.page.url if message.page else ""
            self.tell(f"console: {message.text} ({where}: {message.location.get('url')})")

    def failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # left for another page, or turned into a download
            self.tell(f"request failed: {request.method} {request.url} {request.failure}")

    def answered(self, response: Response) -> None:
        path = urlsplit(response.url).path
        if response.status >= 400:
            self.tell(f"status {response.status}: {response.request.method} {path}")
        kind = response.headers.get("content-type", "")
        if kind.startswith("text/html") and "default-src 'none'" not in response.headers.get(
            "content-security-policy", ""
        ):
            self.tell(f"no content security policy: {path}")


@dataclass
class Seats:
    """Opens browsers for people; closes them at the end of the test."""

    browser: Browser
    site: str
    guard: Guard
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, user: User | None = None, path: str = "", look: str = "light", **options: Any) -> Page:
        """A new browser in which ``user`` is logged in, at ``path``."""
        context = self.browser.new_context(base_url=self.site, **(LOOKS[look] | options))
        context.set_default_timeout(8_000)
        self.contexts.append(context)
        self.guard.watch(context)
        if user is not None:
            self.log_in(context, user)
        page = context.new_page()
        if path:
            page.goto(path)
        return page

    def log_in(self, context: BrowserContext, user: User) -> None:
        """By a session of Django's own, which is quicker than the form."""
        client = Client()
        client.force_login(user, backend="people.backends.RoleBackend")
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": self.site}])

    def close(self) -> None:
        for context in self.contexts:
            context.close()
