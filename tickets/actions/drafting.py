"""Drafts: typed, not sent. Saved every few seconds, so they leave no event: nothing happened yet."""

from django.db import transaction
from django.utils import timezone

from core.errors import NotFound, TooLarge
from core.text import storable
from people.models import User
from tickets import policies, validation
from tickets.models import Draft, Ticket, Visibility

DRAFT_MAX = 500_000


def save_draft(ticket: Ticket, *, actor: User, body: str, visibility: str = Visibility.PUBLIC) -> Draft | None:
    """Keep what ``actor`` has typed; blank text removes the draft. Raises TooLarge above 500,000 characters."""
    visibility = validation.choice("visibility", visibility, [Visibility.PUBLIC, Visibility.INTERNAL])
    if visibility == Visibility.INTERNAL:
        policies.may_work(actor).require()
    cleaned = storable(body)
    if len(cleaned) > DRAFT_MAX:
        raise TooLarge(
            "The draft is too long to be kept.",
            fields={"body": [f"At most {DRAFT_MAX:,} characters."]},
        )
    if not Ticket.objects.visible_to(actor).filter(pk=ticket.pk).exists():
        raise NotFound("There is no such ticket.")
    if not cleaned.strip():
        discard_draft(ticket, actor=actor, visibility=visibility)
        return None
    with transaction.atomic():
        draft, _ = Draft.objects.update_or_create(
            ticket=ticket,
            author=actor,
            visibility=visibility,
            defaults={"body": cleaned, "updated_at": timezone.now()},
        )
        return draft


def discard_draft(ticket: Ticket, *, actor: User, visibility: str = Visibility.PUBLIC) -> None:
    """Forget ``actor``'s own draft, if there is one."""
    Draft.objects.filter(ticket=ticket, author=actor, visibility=visibility).delete()
