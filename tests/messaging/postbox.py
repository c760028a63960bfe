"""An SMTP server that keeps what it takes, counts it, and fails when told to."""

import socket
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


class Postbox:
    """Keeps what it takes. `answers` are given to the next texts, in order: an SMTP reply, or 'drop' the line."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], EmailMessage]] = []
        self.answers: list[str] = []
        self.refused: dict[str, str] = {}

    @property
    def mails(self) -> list[EmailMessage]:
        return [mail for _, mail in self.taken]

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: Any,
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith(("2", "drop")):
            content = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
            self.taken.append((list(envelope.rcpt_tos), content))  # type: ignore[arg-type]
        if answer == "drop":
            assert server.transport is not None
            server.transport.abort()
        return answer


def make_due() -> None:
    """Let every pause and every lease be over."""
    from messaging.models import OutgoingMail

    OutgoingMail.objects.update(next_attempt_at="2020-01-01T00:00Z")
    OutgoingMail.objects.filter(leased_until__isnull=False).update(leased_until="2020-01-01T00:00Z")


def free_port() -> int:
    """A port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
