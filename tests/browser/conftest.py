"""The machine's Chromium in front of the whole application."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.template import engines
from playwright.sync_api import Browser, sync_playwright

from tests.browser.seat import Guard, Seats
from tests.cast import Cast, make_cast

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One for the folder, closed behind it: its loop would disturb the tests that follow."""
    executable = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        why = "no Chromium on this machine (apt-get install chromium, or name one: CHROMIUM=/path/to/it)"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright's loop runs in this thread
        found = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(autouse=True)
def _quick(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting, limits counted in this process, and the tests themselves run what the worker would."""
    from django.core.cache import caches

    from core import bell

    settings.STEADY_ANSWER_SECONDS = 0
    settings.EMAIL_BACKEND = "messaging.backends.OutboxBackend"  # pytest-django puts another one in
    settings.CACHES = {
        name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"} for name in ("default", "local")
    }
    for cache in caches.all(initialized_only=False):
        cache.clear()
    monkeypatch.setattr(bell, "ring", lambda task=bell.TASK: True)
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", "")  # unfold counts on it


@pytest.fixture
def cast(browser: Browser, transactional_db: None) -> Cast:
    return make_cast()


@pytest.fixture
def guard() -> Guard:
    """What pages complained of; the test fails of it at its end."""
    return Guard()


@pytest.fixture
def seats(browser: Browser, live_server: Any, cast: Cast, guard: Guard, settings: Any) -> Iterator[Seats]:
    settings.SITE_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    opened = Seats(browser, live_server.url, guard)
    yield opened
    opened.close()
    assert guard.complaints == []


@pytest.fixture
def work() -> Callable[[], None]:
    """What the worker does: the events take effect, mails go to the outbox."""

    def run() -> None:
        from core import dispatch

        while dispatch.run_once().done:
            pass

    return run
