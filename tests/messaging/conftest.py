"""A real SMTP server in a thread, and an outbox that talks to it."""

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller

from tests.messaging.postbox import Postbox, free_port

if TYPE_CHECKING:
    from messaging.models import OutgoingMail


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    """The server that settings.SMTP_URL points to."""
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    box = Postbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port(), data_size_limit=50_000_000)
    controller.start()
    settings.SMTP_URL = f"smtp://127.0.0.1:{controller.port}"
    yield box
    controller.stop()


@pytest.fixture(autouse=True)
def rings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that were rung for; no broker is asked."""
    from core import bell
    from messaging import sending

    heard: list[str] = []
    monkeypatch.setattr(bell, "ring", lambda task=bell.TASK: heard.append(task) or True)
    monkeypatch.setattr(sending, "_resting_until", 0.0)
    return heard


@pytest.fixture
def queue() -> "Callable[..., OutgoingMail]":
    """`queue_mail` with everything that a test does not care about."""
    from messaging.actions import queue_mail

    def queued(**given: Any) -> "OutgoingMail":
        defaults: dict[str, Any] = {
            "kind": "reply",
            "to": "ada@customer.test",
            "subject": "Your printer",
            "text": "It works again.",
            "automatic": False,
            "actor": None,
        }
        return queue_mail(**(defaults | given))

    return queued
