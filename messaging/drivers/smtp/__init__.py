"""Out by SMTP."""

from messaging.drivers.smtp.sender import SmtpSender

__all__ = ["SmtpSender"]
