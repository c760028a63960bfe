"""What messaging records. `about_kind` and `about_id` name what the mail is about."""

from core.event_log import event_kind

_ABOUT = ("mail_kind", "automatic", "about_kind", "about_id")

MAIL_QUEUED = event_kind("mail.queued", subject="mail", label="Mail queued", payload=_ABOUT)
MAIL_HELD = event_kind("mail.held", subject="mail", label="Mail held back", payload=(*_ABOUT, "reason"))
MAIL_SENT = event_kind("mail.sent", subject="mail", label="Mail sent", payload=(*_ABOUT, "attempts"))
MAIL_FAILED = event_kind(
    "mail.failed",
    subject="mail",
    label="Mail failed",
    payload=(*_ABOUT, "attempts", "error"),
)
MAIL_UNSURE = event_kind(
    "mail.unsure",
    subject="mail",
    label="Mail in doubt",
    payload=(*_ABOUT, "attempts", "error", "sent_again"),
)
MAIL_RETRIED = event_kind(
    "mail.retried",
    subject="mail",
    label="Mail sent again by hand",
    payload=(*_ABOUT, "was"),
)
MAIL_CANCELLED = event_kind("mail.cancelled", subject="mail", label="Mail cancelled", payload=(*_ABOUT, "was"))
