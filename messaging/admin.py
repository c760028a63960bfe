"""The outbox for admins: everything is shown, nothing is edited; what can be done goes through actions."""

from typing import ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from core.admin import ReadOnlyAdmin
from messaging import actions
from messaging.models import OutgoingMail
from messaging.queries import shows_text
from people.models import User

MASKED = "•••••• (a login mail: its text is shown only where no mail server is configured, or with DEBUG)"


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin):
    """List with filters, read-only detail, and the verbs retry, release and cancel."""

    list_display = (
        "created_at",
        "kind",
        "to_address",
        "subject",
        "state",
        "attempts",
        "about",
    )
    list_filter = ("status", "held_because", "automatic", "kind", "created_at")
    search_fields = ("to_address", "to_name", "subject", "message_id")
    ordering = ("-id",)
    list_per_page = 50
    actions: ClassVar = ["retry", "release", "cancel"]
    fieldsets: ClassVar = [
        (None, {"fields": ["status", "held_because", "last_error", "attempts", "doubts", "next_attempt_at"]}),
        ("Mail", {"fields": ["from_line", "to_line", "cc", "reply_to", "subject", "text_shown", "files"]}),
        ("Head", {"fields": ["message_id", "in_reply_to", "references", "further_headers", "automatic"]}),
        ("Origin", {"fields": ["kind", "about", "dedupe_key", "correlation_id", "created_at", "sent_at"]}),
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutgoingMail]:
        queryset: QuerySet[OutgoingMail] = super().get_queryset(request)
        match = request.resolver_match
        is_list = match is not None and str(match.url_name).endswith("_changelist")
        return queryset.defer("text", "html") if is_list else queryset

    @admin.display(description="Status", ordering="status")
    def state(self, mail: OutgoingMail) -> str:
        why = mail.get_held_because_display()
        return f"{mail.get_status_display()}: {why}" if why else mail.get_status_display()

    @admin.display(description="About")
    def about(self, mail: OutgoingMail) -> str:
        return f"{mail.subject_kind} {mail.subject_id}" if mail.subject_kind else "–"

    @admin.display(description="From")
    def from_line(self, mail: OutgoingMail) -> str:
        return f"{mail.from_name} <{mail.from_address}>"

    @admin.display(description="To")
    def to_line(self, mail: OutgoingMail) -> str:
        return f"{mail.to_name} <{mail.to_address}>" if mail.to_name else mail.to_address

    @admin.display(description="Text")
    def text_shown(self, mail: OutgoingMail) -> str:
        return mail.text[:20_000] if shows_text(mail) else MASKED

    @admin.display(description="Further headers")
    def further_headers(self, mail: OutgoingMail) -> str:
        """As lines: unfold colours JSON with inline styles, which the content security policy forbids."""
        return "\n".join(f"{name}: {value}" for name, value in mail.headers.items()) or "–"

    @admin.display(description="Attachments")
    def files(self, mail: OutgoingMail) -> str:
        return ", ".join(item["name"] for item in mail.attachments) or "–"

    @admin.action(description="Send again (failed, unsure or held)", permissions=["view"])
    def retry(self, request: HttpRequest, queryset: QuerySet[OutgoingMail]) -> None:
        done = actions.retry_mails(queryset.values_list("pk", flat=True), actor=_actor(request))
        self._tell(request, len(done), "queued again")

    @admin.action(description="Release what was held", permissions=["view"])
    def release(self, request: HttpRequest, queryset: QuerySet[OutgoingMail]) -> None:
        done = actions.release_held(queryset.values_list("pk", flat=True), actor=_actor(request))
        self._tell(request, len(done), "released")

    @admin.action(description="Cancel (never send)", permissions=["view"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[OutgoingMail]) -> None:
        done = actions.cancel_mails(queryset.values_list("pk", flat=True), actor=_actor(request))
        self._tell(request, len(done), "cancelled")

    def _tell(self, request: HttpRequest, count: int, what: str) -> None:
        level = messages.SUCCESS if count else messages.WARNING
        self.message_user(request, f"{count} mail{'' if count == 1 else 's'} {what}.", level)


def _actor(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("the admin is for users who are logged in")
    return request.user
