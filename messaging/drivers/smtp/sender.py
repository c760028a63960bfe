"""Hands mails to an SMTP server in two steps, so that the moment from which there is doubt can be committed between.

sender.prepare(from_, recipients)   # connects when needed; the server has agreed to take a text
…                                   # the caller commits 'handed over'
sender.submit(raw)                  # now the server gets the text
"""

import contextlib
import smtplib
import ssl
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings

from messaging.drivers.errors import InDoubt, Permanent, Temporary, Unreachable
from messaging.server import Server

TIMEOUT_SECONDS = 10.0
# Servers look into a text before they answer, and an answer not waited for means doubt.
ANSWER_SECONDS = 30.0


class SmtpSender:
    """One connection for a batch of mails; opened when first needed, and anew after any trouble."""

    def __init__(self, server: Server, timeout: float = TIMEOUT_SECONDS) -> None:
        self.server = server
        self.timeout = timeout
        self._smtp: smtplib.SMTP | None = None

    def prepare(self, from_: str, to: str, cc: Sequence[str] = (), *, eight_bit: bool = False) -> dict[str, str]:
        """Agree with the server on sender and recipients; return the CC addresses it refused, with its words.

        eight_bit: the text holds bytes over 127. Raises Unreachable, Temporary or Permanent.
        """
        smtp = self._connected()
        try:
            smtp.rset()
            options = ["BODY=8BITMIME"] if eight_bit and smtp.has_extn("8bitmime") else []
            _accept(smtp.mail(from_, options), f"sender {from_}")
            _accept(smtp.rcpt(to), f"recipient {to}")
            return {address: words for address in cc if (words := _refusal(smtp.rcpt(address)))}
        except (Permanent, Temporary):
            self.close()
            raise
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Temporary(_words(error)) from error

    def submit(self, raw: bytes) -> None:
        """Give the prepared server the text. Raises Temporary or Permanent by its answer, InDoubt without one."""
        if self._smtp is None:
            raise RuntimeError("prepare() comes first")
        try:
            _wait_at_most(self._smtp, max(self.timeout, ANSWER_SECONDS))
            answer = self._smtp.data(raw)
            _wait_at_most(self._smtp, self.timeout)
        except smtplib.SMTPDataError as error:
            answer = (error.smtp_code, _bytes(error.smtp_error))
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise InDoubt(_words(error)) from error
        try:
            _accept(answer, "text")
        except (Permanent, Temporary):
            self.close()
            raise

    def close(self) -> None:
        """End the connection, if there is one; never raises."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                smtp.quit()
            smtp.close()

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            try:
                self._smtp = self._connect()
            except (OSError, smtplib.SMTPException, ValueError) as error:
                raise Unreachable(f"{self.server}: {_words(error)}") from error
        return self._smtp

    def _connect(self) -> smtplib.SMTP:
        server = self.server
        # Without a name of our own smtplib would ask the DNS for one, which may take very long.
        name = urlsplit(settings.SITE_URL).hostname or "localhost"
        if server.tls == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host,
                server.port,
                name,
                timeout=self.timeout,
                context=ssl.create_default_context(),
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, name, timeout=self.timeout)
        try:
            if server.tls == "starttls":
                smtp.starttls(context=ssl.create_default_context())
            if server.user:
                smtp.login(server.user, server.password)
            smtp.ehlo_or_helo_if_needed()
        except BaseException:
            smtp.close()
            raise
        return smtp


def _wait_at_most(smtp: smtplib.SMTP, seconds: float) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


def _accept(answer: tuple[int, bytes], what: str) -> None:
    code, words = answer
    if code >= 500:
        raise Permanent(f"{what} refused: {code} {_text(words)}")
    if not 200 <= code < 300:
        raise Temporary(f"{what} put off: {code} {_text(words)}")


def _refusal(answer: tuple[int, bytes]) -> str:
    code, words = answer
    return "" if 200 <= code < 300 else f"{code} {_text(words)}"


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(_bytes(error.smtp_error))}"
    return f"{type(error).__name__}: {error}"


def _bytes(words: bytes | str) -> bytes:
    return words if isinstance(words, bytes) else words.encode(errors="replace")


def _text(words: bytes) -> str:
    return " ".join(words.decode("utf-8", "replace").split())[:500]
